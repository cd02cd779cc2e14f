"""What may have led to a failure that no rule explains."""
