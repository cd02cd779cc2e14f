"""What a simulated world sees of the standard library, a table and its modules."""
