"""Where a measured run loses its time: a user's readings against the rules."""
