"""Cast shadows of people, hands, foliage, branches, fences and buildings: the sun is taken away and the blue light of the sky stays."""

import numpy as np

from .fields import coded, gaussian, linear, luma, sky
from .parameters import PARAMETERS
from .silhouette import silhouette
from .source import Source, lerp

P = PARAMETERS["shadow"]


def shadow(x: np.ndarray, severity: float, source: Source) -> np.ndarray:
    """In the shadow linear light is multiplied by 0.5 down to 0.12."""
    h, w = x.shape[:2]
    # Nothing casts a shadow on the sky, and little on what rises into it.
    ground = below_the_sky(x) if source.chance(0.85) else np.ones((h, 1), np.float32)
    lit = np.clip(luma(x) * 4 - 0.6, 0, 1)
    for _ in range(6):
        mask = silhouette(source, h, w)
        if source.chance(0.3):
            mask = np.maximum(mask, silhouette(source, h, w))
        mask = mask * ground
        # On what is dark already no shadow shows.
        if (mask * lit).mean() > P["smallest"] and mask.mean() < P["largest"]:
            break
    k = max(h, w)
    soft = source.logarithmic(P["penumbra"]) * k
    near = gaussian(mask, soft)
    if source.chance(P["growing"]):  # the farther what casts it, the softer its edge
        ramp = np.linspace(0, 1, h, dtype=np.float32)[:, None]
        ramp = ramp if source.chance(0.5) else 1 - ramp
        near = near * (1 - ramp) + gaussian(mask, soft * source.uniform(2, 5)) * ramp
    ambient = lerp(P["ambient"], severity) * source.uniform(0.85, 1.15)
    blue = source.between(P["blue"])
    tint = np.array([1 / blue**0.5, 1, blue**0.7], dtype=np.float32) * ambient
    near = near[..., None]
    return coded(linear(x) * (1 - near * (1 - np.clip(tint, 0, 1))))


def below_the_sky(x: np.ndarray) -> np.ndarray:
    """One for each row under the horizon, nought above it [h, 1]: the lowest row of which a quarter is sky."""
    rows = np.flatnonzero(sky(x).mean(1) > 0.25)
    horizon = rows[-1] + 1 if len(rows) else 0
    return (np.arange(len(x)) >= horizon).astype(np.float32)[:, None]
