"""Rules of a training run."""
