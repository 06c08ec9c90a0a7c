"""What the backbone and the experts learn from: crops of damaged canvases, several of each canvas.

Faults have the size of the picture that they happen to, so they are synthesised on a canvas that is larger than the crop.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

from .damage import DEGRADATIONS, Fault, Source, degrade, encode, original, rounded
from .photographs import OUTDOORS, frame, staged, without
from .router_data import Draw

#: (height, width) of the canvases, and how many crops are cut from each.
CANVASES, CROPS = ((256, 256), (256, 384), (384, 256), (320, 320), (384, 384)), 4
#: Share of the canvases that are pages, and of those saved as JPEG of quality 75 to 98 after any fault but JPEG.
PAGES, SAVED = 0.09, 0.35


@dataclass
class Shape:
    """The side of a batch's crops in pixels, and how many canvases they come from."""

    crop: int
    canvases: int


class Crops(Dataset):
    """Item ``step`` is the whole batch of that step: damaged and clean [n, 3, crop, crop] in 0..1, labels [n, 10] in {0, 1},
    severities [n, 10], first [n], the index of each sample's first fault, -1 for none.

    ``draws`` gives the faults of each canvas: a :class:`Draw`, or anything with its method. The item depends on the seed and the step alone.
    """

    def __init__(self, photos, draws, shape: Shape, seed: int, steps: range, pages: float = PAGES):
        self.photos, self.draws, self.shape, self.seed, self.steps, self.pages = photos, draws, shape, seed, steps, pages

    def __len__(self):
        return len(self.steps)

    def __getitem__(self, position: int):
        source = Source((self.seed << 40) ^ (self.steps[position] << 8))
        samples = [crop for _ in range(self.shape.canvases) for crop in self.canvas(source)]
        damaged, clean, labels, severities, first = (np.stack(parts) for parts in zip(*samples))
        images = (torch.from_numpy(x).permute(0, 3, 1, 2) for x in (damaged, clean))
        return (*images, torch.from_numpy(labels), torch.from_numpy(severities), torch.from_numpy(first))

    def canvas(self, source: Source):
        side = self.shape.crop
        h, w = source.choice(CANVASES)
        faults: list[Fault] = self.draws.faults(source)
        names = {fault.degradation for fault in faults}
        originals = without(self.photos, names)
        framed = staged(originals, names, h, w, source) or frame(originals, h, w, source, self.pages)
        clean = rounded(original(framed.pixels, faults, source))
        turns = source.integer(0, 3) if not names & {"low-light", *OUTDOORS} else 0
        clean = np.ascontiguousarray(np.rot90(clean, turns))
        damaged = degrade(clean, faults, source)
        if faults and faults[0].degradation != "jpeg" and source.chance(SAVED):
            damaged = encode(damaged, source.integer(75, 98), source.chance(0.25))
        damaged = rounded(damaged)
        labels, severities = np.zeros(len(DEGRADATIONS), np.float32), np.zeros(len(DEGRADATIONS), np.float32)
        for fault in faults:
            index = DEGRADATIONS.index(fault.degradation)
            labels[index], severities[index] = 1, fault.severity
        first = np.int64(DEGRADATIONS.index(faults[0].degradation) if faults else -1)
        h, w = clean.shape[:2]
        corners = [(source.integer(0, h - side), source.integer(0, w - side)) for _ in range(2 * CROPS)]
        # Half of the crops lie where most of the damage is: drops and creases leave most of a canvas as it was.
        hit = [float(np.abs(damaged[y : y + side : 4, x : x + side : 4] - clean[y : y + side : 4, x : x + side : 4]).mean()) for y, x in corners]
        order = sorted(range(len(corners)), key=lambda i: -hit[i])
        chosen = order[: CROPS // 2] + [order[i] for i in source.numbers.permutation(np.arange(CROPS // 2, len(order)))[: CROPS - CROPS // 2]]
        for i in chosen:
            y, x = corners[i]
            yield damaged[y : y + side, x : x + side], clean[y : y + side, x : x + side], labels, severities, first


def crop_stream(photos, draws, shape: Shape, seed: int, steps: range, workers: int, pages: float = PAGES):
    """Yields one batch a step."""
    return DataLoader(
        Crops(photos, draws, shape, seed, steps, pages),
        batch_size=None,
        num_workers=workers,
        worker_init_fn=lambda _: torch.set_num_threads(1),
        prefetch_factor=4 if workers else None,
    )


@dataclass
class Always:
    """Draws exactly these degradations."""

    names: list[str]
    low: float = 0.02
    high: float = 1.0

    def faults(self, source: Source) -> list[Fault]:
        low, high = (self.low, self.high) if len(self.names) < 2 else (0.2, 0.8)
        return [Fault(name, source.uniform(low, high)) for name in self.names]


__all__ = ["Always", "Crops", "Draw", "Shape", "crop_stream"]
