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
# What the fullest device holds, of what it can; the time of a whole step, where a job has one.
MEMORY = "device_memory"
USABLE = "usable_memory"
STEP = "step_time"
# What the timeline of a pipeline is drawn of: micro-batches, the times of a stage, and what the plan makes of them.
PIPELINE = ("microbatches", "stage_forward", "stage_backward", "bubble_time", "pipeline_time")
# How many stages a pipeline has, and the layers of its fullest and of its last one.
STAGES = ("pp", "most_layers", "last_layers")
# 1 where stages wait for each other as in 1F1B, less where a schedule fills the bubble.
BUBBLE_LEFT = "schedule_bubble"
