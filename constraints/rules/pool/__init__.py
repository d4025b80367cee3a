"""What a pool of its own adds to serving: the cache it sends or receives."""
