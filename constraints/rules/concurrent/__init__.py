"""A fixed number of users who each send the next request when an answer is complete."""
