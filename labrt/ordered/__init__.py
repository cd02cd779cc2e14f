"""What would differ from process to process, made the same: order, identity, hashes."""
