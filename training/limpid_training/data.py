"""Photographs and the endless, seeded stream of damaged crops made from them.

Sample ``i`` of a stream depends on the seed and on ``i`` alone, so a resumed run sees exactly what
an uninterrupted one would have seen, whatever the number of workers.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch.utils.data import Dataset

from .degradations import DEGRADATIONS, PHYSICAL_ORDER, Fault, Source, degrade
from .networks import global_view, window_corners, windows_at

#: Sides of the canvases that faults are synthesised on before a crop is cut, and how often each is drawn.
CANVASES = ((96, 0.5), (160, 0.3), (256, 0.2))
#: The same for faults whose shapes grow with the photograph: on small canvases, drops and edges of shadows would all be small.
BROAD, BROAD_CANVASES = {"raindrop", "shadow", "haze"}, ((256, 0.3), (384, 0.4), (512, 0.3))
#: Share of the batches whose embedding comes from the canvas that a crop was cut from, as it comes from the whole photograph later;
#: in the others it comes from the crop. And how many windows of a canvas the router sees then.
FROM_CANVAS, WINDOWS = 0.6, 4


def list_photos(folder: Path) -> list[Path]:
    photos = sorted(p for p in Path(folder).iterdir() if p.suffix.lower() in (".jpg", ".jpeg", ".png"))
    if not photos:
        raise SystemExit(f"no photographs in {folder}")
    return photos


def is_held_out(path: Path) -> bool:
    """One photograph in 26 is kept for validation, chosen by a hash of its name."""
    return hashlib.sha256(path.name.encode()).digest()[0] < 10


def load_photos(folder: Path, held_out: bool) -> list[torch.Tensor]:
    """The photographs as uint8 tensors [3, h, w], in shared memory for the workers."""
    photos = []
    for path in list_photos(folder):
        if is_held_out(path) == held_out:
            pixels = np.array(Image.open(path).convert("RGB"))
            photos.append(torch.from_numpy(pixels).permute(2, 0, 1).contiguous().share_memory_())
    return photos


@dataclass
class Mixture:
    """How often each degradation is drawn, how often none or a second one, and from which severity on."""

    weights: dict[str, float]
    clean: float = 0.04
    second: float = 0.15
    mildest: float = 0.0
    names: list[str] = field(init=False)
    probabilities: np.ndarray = field(init=False)

    def __post_init__(self):
        self.names = [d for d in DEGRADATIONS if self.weights.get(d, 0) > 0]
        p = np.array([self.weights[d] for d in self.names], dtype=np.float64)
        self.probabilities = p / p.sum()

    def draw(self, source: Source) -> list[Fault]:
        if source.chance(self.clean):
            return []
        first = self.names[int(source.numbers.choice(len(self.names), p=self.probabilities))]
        faults = [Fault(first, source.uniform(self.mildest, 1))]
        if source.chance(self.second):
            others = [d for d in PHYSICAL_ORDER if d != first]
            faults.append(Fault(source.choice(others), source.uniform(0.2, 0.7)))
            faults[0].severity = source.uniform(max(0.2, self.mildest), 0.8)
        return faults


@dataclass
class Shape:
    """One kind of batch: its crops' side in pixels, how many, and how often it is drawn."""

    crop: int
    batch: int
    weight: float = 1.0


class DamagedBatches(Dataset):
    """Item ``step`` is the whole batch of that training step, so one step is one unit of work.

    A batch is a tuple: damaged and clean [n, 3, crop, crop] float in 0..1, labels [n, 10] in {0, 1},
    severities [n, 10], and the index of each sample's first fault [n] (-1 for a clean one).
    ``upright`` keeps photographs unturned, varies their tone and synthesises on the crop itself, as the router sees whole images.
    ``look`` adds what the router sees of each: the global view [n, 3, 64, 64] and native windows [n, k, 3, 96, 96]. It sees
    ``imagined`` faults, too, which are not in the crop.
    """

    def __init__(
        self,
        photos,
        mixture: Mixture,
        shapes: list[Shape],
        seed: int,
        steps: range,
        upright: bool = False,
        look: bool = False,
        imagined: tuple[str, ...] = (),
    ):
        self.photos = {s.crop: [p for p in photos if min(p.shape[1:]) >= s.crop] for s in shapes}
        self.mixture, self.shapes, self.seed, self.steps, self.upright = mixture, shapes, seed, steps, upright
        self.looking, self.imagined = look, imagined
        weights = np.array([s.weight for s in shapes])
        self.probabilities = weights / weights.sum()

    def __len__(self):
        return len(self.steps)

    def __getitem__(self, position: int):
        source = Source((self.seed << 40) ^ (self.steps[position] << 8))
        shape = self.shapes[int(source.numbers.choice(len(self.shapes), p=self.probabilities))]
        from_canvas = self.looking and source.chance(FROM_CANVAS)
        samples = [self.sample(shape.crop, source, from_canvas) for _ in range(shape.batch)]
        return torch.utils.data.default_collate(samples)

    def sample(self, crop: int, source: Source, from_canvas: bool):
        photo = source.choice(self.photos[crop])
        h, w = photo.shape[1:]
        faults = self.mixture.draw(source)
        canvas = crop
        if not self.upright:
            canvases = BROAD_CANVASES if any(f.degradation in BROAD for f in faults) else CANVASES
            sizes = [max(s, crop) for s, _ in canvases]
            canvas = min(h, w, sizes[int(source.numbers.choice(len(sizes), p=[p for _, p in canvases]))])
        y, x = source.integer(0, h - canvas), source.integer(0, w - canvas)
        clean = photo[:, y : y + canvas, x : x + canvas].float() / 255
        if source.chance(0.5):
            clean = clean.flip(2)
        if self.upright:
            clean = vary_tone(clean, source)
        else:
            clean = torch.rot90(clean, source.integer(0, 3), (1, 2))
        damaged = degrade(clean, faults, int(source.numbers.integers(2**31)))
        seen = damaged
        if self.imagined:
            more = [Fault(n, source.uniform(0.1, 0.6)) for n in self.imagined]
            seen = degrade(damaged, more, int(source.numbers.integers(2**31)))
        if canvas > crop:
            y, x = source.integer(0, canvas - crop), source.integer(0, canvas - crop)
            clean = clean[:, y : y + crop, x : x + crop]
            damaged = damaged[:, y : y + crop, x : x + crop]
            if not from_canvas:
                seen = seen[:, y : y + crop, x : x + crop]
        labels, severities = torch.zeros(len(DEGRADATIONS)), torch.zeros(len(DEGRADATIONS))
        for fault in faults:
            labels[DEGRADATIONS.index(fault.degradation)] = 1
            severities[DEGRADATIONS.index(fault.degradation)] = fault.severity
        first = DEGRADATIONS.index(faults[0].degradation) if faults else -1
        sample = (damaged.contiguous(), clean.contiguous(), labels, severities, first)
        return (*sample, *self.look(seen, from_canvas, source)) if self.looking else sample

    def look(self, image: torch.Tensor, from_canvas: bool, source: Source):
        """The global view of an image [3, h, w] and its windows; of a canvas, some of them, so that a batch has as many of each."""
        corners = window_corners(image.shape[-2:])
        if from_canvas:
            chosen = source.numbers.permutation(max(len(corners), WINDOWS))[:WINDOWS]
            corners = [corners[i % len(corners)] for i in chosen]
        return global_view(image[None])[0], windows_at(image[None], corners)[0]


def vary_tone(image: torch.Tensor, source: Source) -> torch.Tensor:
    """A photograph [3, h, w] as somebody else might have exposed and developed it: paler or harder, darker or lighter, duller.

    A router that knows few photographers takes the pale pictures of others for haze, and the dark ones for darkness.
    """
    if source.chance(0.5):
        image = image.clamp(1e-4, 1) ** math.exp(source.uniform(-0.3, 0.3))
    if source.chance(0.5):
        mean = image.mean()
        image = mean + (image - mean) * source.uniform(0.75, 1.1)
    if source.chance(0.3):
        grey = image.mean(0, keepdim=True)
        image = grey + (image - grey) * source.uniform(0.6, 1.2)
    return image.clamp(0, 1)


def stream(photos, mixture, shapes, seed, steps: range, workers: int, upright: bool = False, look: bool = False):
    """Yields one batch a step."""
    return torch.utils.data.DataLoader(
        DamagedBatches(photos, mixture, shapes, seed, steps, upright, look),
        batch_size=None,
        num_workers=workers,
        worker_init_fn=lambda _: torch.set_num_threads(1),
        prefetch_factor=6 if workers else None,
    )
