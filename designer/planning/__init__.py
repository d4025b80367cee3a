"""`plan` and why not: the frontier of a question, proven, checked and explained."""
