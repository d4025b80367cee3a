"""What only the workload can say: its privacy, and how often an answer is right."""

from constraints.quantity import Record

_PRIVACY = "give workload.privacy"

INPUTS = (
    Record("epsilon", title="Privacy loss the run may have", unknown=_PRIVACY),
    Record("delta", title="Chance that the privacy loss is larger", unknown=_PRIVACY),
    Record("data_passes", title="How often the run reads its records", unknown=_PRIVACY),
    Record(
        "sample_success",
        title="Chance that one sampled answer is right",
        unknown="give workload.success",
    ),
)
