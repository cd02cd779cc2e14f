"""What untrusted code runs in: processes that are confined, bounded and supervised.

It knows nothing of servers, tests or batches. Whoever starts processes for untrusted
code, the hosts of `--mode process` and the workers of batches, does it by these rules.
"""
