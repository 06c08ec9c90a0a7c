"""Haze, fog and smog by scattering, y = x t + A (1 - t), t = exp(-density * depth), over depth guessed from the photograph."""

import numpy as np

from .fields import gaussian, luma, plausible_depth, smooth_field
from .parameters import PARAMETERS
from .source import Source, geometric

P = PARAMETERS["haze"]
TINTS = {
    "grey": (0, 0, 0),
    "blue": (-0.07, -0.01, 0.06),
    "yellow": (0.07, 0.02, -0.13),
    "brown": (0.04, -0.03, -0.12),
    "night": (0.05, 0.0, -0.05),
}


def haze(x: np.ndarray, severity: float, source: Source) -> np.ndarray:
    """Density 0.3 to 3.5 at the far end, on a logarithmic scale of severity. By day the air is brighter than most of what it hides."""
    h, w = x.shape[:2]
    kind = source.weighted(P["airlights"])
    near = source.between(P["near"])
    depth = near + (1 - near) * plausible_depth(x, source) ** source.uniform(0.7, 1.6)
    transmission = np.exp(-geometric(P["density"], severity) * depth)
    if source.chance(P["patchy"]):
        transmission = 1 - (1 - transmission) * (0.3 + 0.7 * smooth_field(source, h, w, source.integer(2, 5)))
    transmission = transmission[..., None]
    if kind == "night":
        air = source.uniform(0.12, 0.4)
    else:
        air = max(source.between(P["airlight"]), float(np.quantile(luma(x[::8, ::8]), 0.8)) - source.uniform(-0.05, 0.15))
    tint = np.array(TINTS[kind], dtype=np.float32) * source.uniform(0.2, 1)
    air = np.clip(air + tint + source.uniform(-0.02, 0.02), 0, 1).astype(np.float32)
    y = x * (0.45 if kind == "night" else 1)
    if kind == "night" or source.chance(0.15):  # lamps glow in it
        lamps = np.clip((luma(x) - 0.75) / 0.25, 0, 1)[..., None] * x
        y = y + gaussian(lamps, max(2.0, h / 25)) * source.uniform(0.4, 1.2) * severity
    if source.chance(0.4):  # scattered light is soft
        y = y * transmission + gaussian(y, max(0.6, h / 300)) * (1 - transmission)
    return y * transmission + air * (1 - transmission)
