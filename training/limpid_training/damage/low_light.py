"""Too little light: evenly, with lamps and windows that stay bright, against the light, or at dusk; with the noise that shows in it."""

import numpy as np

from .fields import coded, gaussian, linear, luma, sigmoid, sky, smooth_field
from .parameters import PARAMETERS
from .source import Source, geometric

P = PARAMETERS["low-light"]


def low_light(x: np.ndarray, severity: float, source: Source, kind: str | None = None) -> np.ndarray:
    """Exposure in linear light times 0.3 down to 0.012, on a logarithmic scale of severity."""
    h, w = x.shape[:2]
    kind = kind or source.weighted(P["kinds"])
    gain = geometric(P["gain"], severity)
    field = np.full((h, w), gain, dtype=np.float32)
    light = linear(x)
    if kind == "lamps":
        where = 0.6 * smooth_field(source, h, w, source.integer(2, 6)) + 0.4 * gaussian(luma(x), max(2.0, h / 60))
        lit = sigmoid((where - np.quantile(where[::8, ::8], source.uniform(0.8, 0.97))) / source.uniform(0.01, 0.12))
        field = gain + (source.between(P["kept"]) - gain) * lit
    elif kind == "backlit":  # bright things stay: sky, window, what the light falls on
        bright = gaussian(luma(x), source.uniform(1, 5))
        lit = np.maximum(sky(x), sigmoid((bright - source.uniform(0.55, 0.85)) / source.uniform(0.02, 0.08)))
        if lit.mean() < 0.03:
            lit = np.maximum(lit, sigmoid((np.linspace(1, 0, h, dtype=np.float32)[:, None] - source.uniform(0.5, 0.8)) / 0.04))
        field = gain + (source.between(P["kept"]) - gain) * lit
    elif kind == "dusk":
        fall = np.linspace(1, 0, h, dtype=np.float32)[:, None] if source.chance(0.7) else np.linspace(1, 0, w, dtype=np.float32)[None]
        field = gain * (1 + source.uniform(0.5, 5) * fall ** source.uniform(0.7, 2)) * (0.7 + 0.6 * smooth_field(source, h, w, 3))
    cast = np.array([source.between(P["cast"]), 1, source.between(P["cast"])], dtype=np.float32)
    dark = light * field[..., None] * cast
    if source.chance(P["noisy"]):  # pictures that were reduced show none
        shot, read = source.between(P["shot"]), source.between(P["read"]) * source.uniform(0, 1)
        dark = dark + np.sqrt(shot * np.clip(dark, 0, 1) * 0.3 + read * read) * source.normal(*x.shape)
    y = coded(dark)
    if source.chance(P["crush"]):
        y = np.clip((y - source.uniform(0, 0.04)) * source.uniform(0.95, 1.1), 0, 1)
    return y * source.uniform(0.88, 1) + source.uniform(0, 0.02)
