"""Rules, one topic a file. Anything declared here is found; there is no list to keep."""
