"""Quantities that a question turns on whatever its job: how many machines it takes, what they cost and draw.

Whoever counts machines or pays for them asks for these by their part; everything else that is to be known
of a quantity is in its record.
"""

NODES = "node_count"
DEVICES = "devices"
COST = "cost"
ENERGY = "energy"
POWER = "power"
PEAK_POWER = "peak_power"
CARBON = "carbon"
PURCHASE_PRICE = "purchase_price"
RENTAL_COST = "rental_cost"
OWNERSHIP_COST = "ownership_cost"
# How long the machines are held.
DURATION = "duration"
# What stored formats cost in scores.
ACCURACY_LOSS = "accuracy_loss"
# What passes between pools of machines that are apart: each knows its own side of it.
HANDOVER = "kv_transfer_time"
