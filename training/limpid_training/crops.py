"""What the backbone and the experts learn from: crops of damaged canvases.

Faults have the size of the picture that they happen to, so they are synthesised on a canvas that is larger than the crop.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import torch
from torch.utils.data import Dataset

from .damage import DEGRADATIONS, Fault, Source, degrade, encode, original, rounded
from .photographs import FINE, OUTDOORS, frame, staged, without
from .router_data import view_tensors

#: (height, width) of the canvases, and of those on which nobody looks at more than the crop and what is wrong is within few pixels.
CANVASES = ((256, 256), (256, 384), (384, 256), (320, 320), (384, 384))
SMALL_CANVASES = ((192, 192), (192, 256), (256, 192))
#: Faults that have the size of the picture. Most of their canvases are large, and the crops of some are enlarged, up to so many times: as a
#: shadow or a crease looks at 100 % in a picture of many pixels.
WIDE = {"rain", "raindrop", "haze", "snow", "low-light", "shadow", "inpainting"}
LARGE_CANVASES, LARGE = ((384, 512), (432, 640), (448, 672), (512, 768), (576, 768), (640, 432), (672, 448), (768, 512)), 0.6
ENLARGED, ENLARGEMENT = 0.3, (1.2, 3.0)
#: Share of the canvases that are pages, and of those saved as JPEG of quality 75 to 98 after any fault but JPEG.
PAGES, SAVED = 0.09, 0.35
#: Share of the noise that is white whatever the recipe draws: what denoisers are compared by, and the hardest to tell from detail.
WHITE = 0.4
#: Share of the canvases without a fault or with fine ones that are plain parts of photographs: soft, as cameras' own pixels are.
PLAIN_PARTS = 0.25


@dataclass
class Shape:
    """The side of a batch's crops in pixels, and how many there are. Each has a canvas of its own: four from each of four canvases had eight
    times the gradient noise."""

    side: int
    count: int


class Crops(Dataset):
    """Item ``step`` is the whole batch of that step: damaged and clean [n, 3, side, side] in 0..1, labels [n, 10] in {0, 1},
    severities [n, 10], first [n], the index of each sample's first fault, -1 for none; with ``seen`` the views of each canvas, too,
    as the router sees the picture that the crops are from: windows [k, 3, s, s] and scene [3, h, w].

    ``draws`` gives the faults of each canvas: a :class:`~.router_data.Draw`, or anything with its method. The item depends on the seed and the step alone.
    """

    def __init__(self, photos, draws, shape: Shape, seed: int, steps: range, pages: float = PAGES, seen: bool = False):
        self.photos, self.draws, self.shape, self.seed, self.steps, self.pages, self.seen = photos, draws, shape, seed, steps, pages, seen

    def __len__(self):
        return len(self.steps)

    def __getitem__(self, position: int):
        source = Source((self.seed << 40) ^ (self.steps[position] << 8))
        crops = [self.crop(source) for _ in range(self.shape.count)]
        damaged, clean, labels, severities, first = (np.stack(parts) for parts in zip(*(crop for crop, _ in crops)))
        images = (torch.from_numpy(x).permute(0, 3, 1, 2) for x in (damaged, clean))
        item = (*images, torch.from_numpy(labels), torch.from_numpy(severities), torch.from_numpy(first))
        return (*item, [views for _, views in crops]) if self.seen else item

    def crop(self, source: Source):
        """A crop of a canvas of its own, and the canvas's views."""
        side = self.shape.side
        faults: list[Fault] = self.draws.faults(source)
        for fault in faults:
            if fault.degradation == "noise" and source.chance(WHITE):
                fault.kind = "white"
        names = {fault.degradation for fault in faults}
        wide = bool(names & WIDE)
        small = names <= FINE and not self.seen and side <= min(map(min, SMALL_CANVASES))
        h, w = source.choice(LARGE_CANVASES if wide and source.chance(LARGE) else SMALL_CANVASES if small else CANVASES)
        enlarged = source.logarithmic(ENLARGEMENT) if wide and source.chance(ENLARGED) else 1.0
        originals = without(self.photos, names)
        framed = staged(originals, names, h, w, source, PLAIN_PARTS) or frame(originals, h, w, source, self.pages)
        clean = rounded(original(framed.pixels, faults, source))
        turns = source.integer(0, 3) if not names & {"low-light", *OUTDOORS} else 0
        clean = np.ascontiguousarray(np.rot90(clean, turns))
        damaged = degrade(clean, faults, source)
        if faults and faults[0].degradation != "jpeg" and enlarged == 1 and source.chance(SAVED):
            damaged = encode(damaged, source.integer(75, 98), source.chance(0.25))
        damaged = rounded(damaged)
        labels, severities = np.zeros(len(DEGRADATIONS), np.float32), np.zeros(len(DEGRADATIONS), np.float32)
        for fault in faults:
            index = DEGRADATIONS.index(fault.degradation)
            labels[index], severities[index] = 1, fault.severity
        first = np.int64(DEGRADATIONS.index(faults[0].degradation) if faults else -1)
        h, w = clean.shape[:2]
        part = round(side / enlarged)
        corners = [(source.integer(0, h - part), source.integer(0, w - part)) for _ in range(2)]

        def damage(corner) -> float:
            y, x = corner
            return float(np.abs(damaged[y : y + part : 4, x : x + part : 4] - clean[y : y + part : 4, x : x + part : 4]).mean())

        # Mostly where more of the damage is: drops and creases leave most of a canvas as it was.
        y, x = max(corners, key=damage) if source.chance(0.5) else corners[0]
        pair = (image[y : y + part, x : x + part] for image in (damaged, clean))
        pair = (crop if part == side else rounded(cv2.resize(crop, (side, side), interpolation=cv2.INTER_CUBIC)) for crop in pair)
        return (*pair, labels, severities, first), view_tensors(damaged, enlarged) if self.seen else None


@dataclass
class Always:
    """Draws exactly these degradations."""

    names: list[str]
    low: float = 0.02
    high: float = 1.0

    def faults(self, source: Source) -> list[Fault]:
        low, high = (self.low, self.high) if len(self.names) < 2 else (0.2, 0.8)
        return [Fault(name, source.uniform(low, high)) for name in self.names]
