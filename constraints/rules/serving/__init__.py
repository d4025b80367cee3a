"""Rules of a serving fleet."""
