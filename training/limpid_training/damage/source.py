"""One seeded stream of random numbers: scalars, choices and whole fields."""

from __future__ import annotations

import math

import numpy as np


class Source:
    """Draws of one seed. The same seed gives the same picture on every machine with the same numpy."""

    def __init__(self, seed: int):
        self.numbers = np.random.Generator(np.random.SFC64(seed))

    def uniform(self, low: float, high: float) -> float:
        return float(low + (high - low) * self.numbers.random())

    def between(self, limits) -> float:
        """Evenly between the two ends of a range of recipes.json."""
        return self.uniform(*limits)

    def logarithmic(self, limits) -> float:
        """Evenly on a logarithmic scale: sizes that range over more than one octave."""
        low, high = limits
        return math.exp(self.uniform(math.log(low), math.log(high)))

    def chance(self, probability: float) -> bool:
        return bool(self.numbers.random() < probability)

    def integer(self, low: int, high: int) -> int:
        """An integer in low..high, both ends included."""
        return int(self.numbers.integers(low, high + 1))

    def choice(self, items):
        return items[int(self.numbers.integers(len(items)))]

    def weighted(self, shares: dict[str, float]) -> str:
        """One of the keys, each as often as its share says."""
        at = self.numbers.random() * sum(shares.values())
        for name, share in shares.items():
            at -= share
            if at < 0:
                return name
        return name

    def normal(self, *shape: int) -> np.ndarray:
        return self.numbers.standard_normal(shape, dtype=np.float32)

    def rand(self, *shape: int) -> np.ndarray:
        return self.numbers.random(shape, dtype=np.float32)


def lerp(limits, amount: float) -> float:
    """The value at ``amount`` of the way through a range; severity grows along it."""
    low, high = limits
    return low + (high - low) * amount


def geometric(limits, amount: float) -> float:
    """The same on a logarithmic scale."""
    low, high = limits
    return low * (high / low) ** amount
