"""Damage as it happens to photographs: ten recipes, each a distribution as wide as the world, and what is to be left alone.

A recipe takes a clean image, float32 [h, w, 3] in 0..1, a severity in 0..1 and a :class:`Source`, and returns the damaged image, neither
clipped nor rounded. :func:`degrade` chains several in the order in which they happen and rounds to 8 bits. Ranges are data
(``training/recipes.json``), shared with the TypeScript twin ``src/sdk/training/recipes``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .blur import blur
from .fields import luma
from .haze import haze
from .inpainting import bordered, inpainting
from .jpeg import encode, jpeg
from .low_light import low_light
from .noise import noise
from .rain import rain
from .raindrop import raindrop
from .shadow import shadow
from .snow import snow
from .source import Source

#: The degradations, in the order of the router's outputs.
DEGRADATIONS = ("noise", "jpeg", "blur", "rain", "raindrop", "haze", "snow", "low-light", "shadow", "inpainting")

#: The recipes in the order in which faults happen: scene, lens, sensor, file, then the print.
RECIPES = {
    "low-light": low_light,
    "shadow": shadow,
    "haze": haze,
    "rain": rain,
    "snow": snow,
    "raindrop": raindrop,
    "blur": blur,
    "noise": noise,
    "jpeg": jpeg,
    "inpainting": inpainting,
}
PHYSICAL_ORDER = tuple(RECIPES)
#: Shares of the prints whose original is grey, and which have a border.
ONE_TONE, BORDERED = 0.6, 0.35


@dataclass
class Fault:
    """One degradation, how strong it is, and which kind of it, drawn if none is named."""

    degradation: str
    severity: float
    kind: str | None = None


def original(x: np.ndarray, faults: list[Fault], source: Source) -> np.ndarray:
    """What these faults happen to: old prints are mostly of one tone, so that nobody has to guess their colours, and many have a border."""
    if not any(f.degradation == "inpainting" for f in faults):
        return x
    if source.chance(ONE_TONE):
        x = np.repeat(luma(x)[..., None], 3, 2)
    return bordered(x, source) if source.chance(BORDERED) else x


def degrade(x: np.ndarray, faults: list[Fault], source: Source) -> np.ndarray:
    """Applies faults in their physical order. x [h, w, 3] in 0..1 -> the same, clipped, not rounded."""
    for _, x in one_by_one(x, faults, source):
        pass
    return x


def one_by_one(x: np.ndarray, faults: list[Fault], source: Source):
    """The same, as (fault, image after it) for each."""
    for fault in sorted(faults, key=lambda f: PHYSICAL_ORDER.index(f.degradation)):
        kind = {} if fault.kind is None else {"kind": fault.kind}
        x = np.clip(RECIPES[fault.degradation](x, fault.severity, source, **kind), 0, 1).astype(np.float32)
        yield fault, x


def rounded(x: np.ndarray) -> np.ndarray:
    """To 8 bits and back, as a file would."""
    return np.round(np.clip(x, 0, 1) * 255).astype(np.float32) / 255


__all__ = ["DEGRADATIONS", "PHYSICAL_ORDER", "RECIPES", "Fault", "Source", "degrade", "encode", "one_by_one", "original", "rounded"]
