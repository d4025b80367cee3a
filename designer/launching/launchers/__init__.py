"""One file a launcher: its options, and which decisions they are."""
