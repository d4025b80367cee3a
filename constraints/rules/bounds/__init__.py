"""Latencies held against the upper ends of their intervals."""
