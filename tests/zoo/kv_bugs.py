"""placeholder"""
KV_BUGS = []
