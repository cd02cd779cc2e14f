"""What a test leaves to look at: annotations of its course, and the page that shows them."""
