"""What came of a batch's runs: stored, tallied, and shown while they go on."""
