"""Rules of training where some candidate streams its weights in from outside, as wafer-scale systems do."""
