"""A correct solution of all labs whose every decision hangs on hashes or addresses."""
