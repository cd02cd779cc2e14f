"""What the zoo is made from: correct, and of another hand than the reference."""
