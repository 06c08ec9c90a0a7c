"""Falling snow: flakes of many sizes, dense in part of the frame, sharp or soft, streaked near the lens, grey rather than white,
at night lit by lamps, with a veil in the distance."""

import math

import numpy as np

from .fields import aperture_kernel, convolve, gaussian, gaussian_kernel, line_kernel, luma, plausible_depth, smooth_field, sprinkle
from .parameters import PARAMETERS
from .source import Source, lerp

P = PARAMETERS["snow"]


def snow(x: np.ndarray, severity: float, source: Source) -> np.ndarray:
    h, w = x.shape[:2]
    wind = math.pi / 2 + math.radians(source.between(P["wind"]))
    density = smooth_field(source, h, w, 3) ** source.uniform(0.5, 2.5) if source.chance(P["patchy"]) else None
    scale = max(0.7, max(h, w) / 500)
    total = np.zeros((h, w), dtype=np.float32)
    layers = source.integer(*P["layers"])
    for _ in range(layers):
        radius = source.logarithmic(P["radius"]) * scale
        share = lerp(P["coverage"], severity**1.3) * source.logarithmic((0.25, 2)) / layers
        flakes = sprinkle(source, h, w, max(2.0, share * h * w / (math.pi * radius * radius)), density)
        kernel = gaussian_kernel(radius * 0.55, radius * 0.55 * source.uniform(0.6, 1), source.uniform(0, 3)) if source.chance(0.65) else aperture_kernel(radius)
        layer = convolve(flakes, kernel / kernel.max())
        fall = source.between(P["fall"]) * radius
        if fall > 1:
            streak = line_kernel(fall, wind + math.radians(source.uniform(-8, 8)), max(0.4, radius * 0.3))
            layer = convolve(layer, streak) * min(3.0, 1 + fall / (2 * radius + 1))
        total = np.maximum(total, np.clip(layer, 0, 1) * source.between(P["opacity"]))
    y = x
    if source.chance(0.55):
        veil = (source.between(P["veil"]) * (0.3 + 0.7 * severity) * plausible_depth(x, source))[..., None]
        y = y * (1 - veil) + veil * source.uniform(0.6, 0.92)
    if source.chance(P["lamps"]):
        white = np.clip(gaussian(luma(x), max(6.0, h / 20)) * 0.9 + source.uniform(0.1, 0.35), 0, 1)[..., None]
    else:
        white = np.array([source.between(P["grey"])] * 3, dtype=np.float32) + np.array([-0.02, 0, 0.02], dtype=np.float32) * source.uniform(0, 1)
    total = total[..., None]
    return y + total * (np.maximum(white, y - 0.08) - y)  # against a bright sky flakes are only a little darker
