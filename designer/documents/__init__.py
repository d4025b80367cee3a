"""The files people write: scenarios, fleets and sweeps, each with its schema."""
