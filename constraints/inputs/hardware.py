"""Rates of a device and its links that a limit guards: where one is unknown, no design rests on it."""

from constraints.quantity import Record

INPUTS = (
    Record("compute_rate", title="Operations of a device, in the precision chosen", guarded=True),
    Record(
        "scale_up_bandwidth",
        title="Bandwidth of a device's links inside a scale-up domain",
        guarded=True,
    ),
    Record(
        "scale_out_bandwidth",
        title="Bandwidth of a device's links between scale-up domains",
        guarded=True,
    ),
    Record("stream_bandwidth", title="Bandwidth of streamed weights", guarded=True),
    Record("device_decode_rate", title="Samples a device decodes", guarded=True),
)
