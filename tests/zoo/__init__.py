"""Wrong solutions, and healthy ones in other styles: what is told of each of them."""
