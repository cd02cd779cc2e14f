"""One seed is one run, in every process: programs and solutions that look for trouble.

`scrambled/` is a solution that lets everything decide that differs between processes.
"""
