"""From targets to the hardware they take, and back again."""
