"""placeholder"""
VARIANTS = []
