"""How programs under test and the tester reach each other.

`services` are what a program can call in the tester, `clients` are the test's clients
of the network, and the rest are the messages: records alone, which both sides import.
"""
