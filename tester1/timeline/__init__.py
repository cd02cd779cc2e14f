"""What a test leaves to look at: annotations of its course, and a page of them."""
