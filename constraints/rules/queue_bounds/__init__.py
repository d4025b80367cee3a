"""What else bounds of latencies and throughput change where requests arrive and queue."""
