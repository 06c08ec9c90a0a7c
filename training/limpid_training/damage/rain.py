"""Rain in depth: streaks whose length, width and density differ by layer, faint against bright ground, with the veil of far rain.
Either single strokes or a downpour of many short ones.

After the appearance models of Garg and Nayar (2007) and the heavy-rain model of Li, Cheong and Tan (2019).
"""

import math

import numpy as np

from .fields import convolve, gaussian, line_kernel, luma, plausible_depth, smooth_field, sprinkle
from .parameters import PARAMETERS
from .source import Source, lerp

P = PARAMETERS["rain"]


def rain(x: np.ndarray, severity: float, source: Source, kind: str | None = None) -> np.ndarray:
    h, w = x.shape[:2]
    k = max(h, w)
    streak = P[kind or source.weighted(P["kinds"])]
    tilt = math.pi / 2 + math.radians(source.between(P["tilt"]))
    air = source.uniform(0.6, 0.95) + np.array([source.uniform(-0.02, 0.02) for _ in range(3)], dtype=np.float32)
    y = x
    if source.chance(P["dull"]):  # under a covered sky contrast and colour are low
        grey = luma(y)[..., None]
        y = grey + (y - grey) * source.uniform(0.5, 0.95)
        y = (y - 0.5) * source.uniform(0.7, 0.98) + 0.5 - source.uniform(0, 0.06)
    veil = source.between(P["veil"]) * (0.3 + 0.7 * severity)
    if veil > 0.05:
        far = np.exp(-2 * veil * (0.25 + 0.75 * plausible_depth(x, source)))[..., None]
        y = y * far + air * (1 - far)
    density = 0.15 + 0.85 * smooth_field(source, h, w, 3) if source.chance(0.6) else None
    dark = 1 - source.uniform(0.3, 0.8) * luma(x)
    layers = source.integer(*P["layers"])
    for layer in range(layers):
        near = (layer + source.uniform(0, 1)) / layers
        length = max(3.0, k * lerp(streak["length"], near**1.5 * source.uniform(0.5, 1)))
        width = lerp(streak["width"], near) * source.uniform(0.7, 1.2)
        coverage = lerp(streak["coverage"], severity) * source.uniform(0.3, 1.3) / layers
        streaks = sprinkle(source, h, w, coverage * h * w / (length * (0.7 + width)), density)
        kernel = line_kernel(length, tilt + math.radians(source.uniform(-5, 5)), width)
        layer_mask = np.clip(convolve(streaks, kernel / kernel.max()), 0, 1)
        opacity = source.uniform(streak["opacity"][0], lerp((streak["opacity"][0] * 2, streak["opacity"][1]), severity))
        brightness = source.uniform(0.7, 1)
        y = y + (layer_mask * opacity * dark)[..., None] * (brightness - y)
    if source.chance(P["splash"]):  # drops that burst on the ground
        spots = sprinkle(source, h, w, h * w * source.uniform(0.0002, 0.002) * severity)
        spots[: int(h * source.uniform(0.3, 0.7))] = 0
        splash = np.clip(gaussian(spots, source.uniform(0.6, 1.5)) * 6, 0, 0.6)[..., None]
        y = y + splash * (0.9 - y)
    return y
