"""What the router learns from: whole pictures with their faults, as its views."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import cv2
import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

from .damage import DEGRADATIONS, Fault, Source, encode, one_by_one, original, rounded
from .damage.fields import resize
from .networks import ROUTER_CONFIG, scene_size, window_corners
from .photographs import FINE, Photo, frame, staged

#: (height, width) of the pictures of a batch, each with its transpose.
SIZES = ((192, 256), (240, 320), (256, 384), (288, 384), (336, 448), (320, 480), (288, 512), (384, 512), (256, 256), (384, 384))
#: Faults that are sparse or have a shape are learnt last, so they are drawn more often.
WEIGHTS = {
    "noise": 1.1,
    "jpeg": 0.9,
    "blur": 1.0,
    "rain": 1.5,
    "raindrop": 2.0,
    "haze": 1.3,
    "snow": 1.3,
    "low-light": 1.1,
    "shadow": 2.0,
    "inpainting": 1.8,
}
#: The power of an even draw that the severity of a single fault is, where not 1.15: most real noise is mild.
MILDNESS = {"noise": 1.9}
#: What comes with what, more often than by chance.
COMPANIONS = {
    "low-light": ("noise", "noise", "blur"),
    "rain": ("haze", "raindrop", "jpeg"),
    "snow": ("haze", "low-light", "noise"),
    "haze": ("noise", "jpeg", "rain"),
    "blur": ("noise", "jpeg", "low-light"),
    "noise": ("jpeg", "low-light", "blur"),
    "jpeg": ("noise", "blur"),
    "inpainting": ("noise", "noise", "blur"),
    "raindrop": ("rain", "low-light"),
    "shadow": ("jpeg", "noise"),
}
CLEAN, PAGES, SECOND = 0.33, 0.12, 0.24
#: Share of the pictures, of those without a fault of ours, that are photographs which have one by nature; each kind that several show, as often.
BY_NATURE = 0.2
#: Share of the pictures without a shadow that are of even ground, too.
EVEN_ANYWAY = 0.06
#: How sure the router should be of what a photograph shows by nature, plainly or so that people would disagree. Of what severity is not
#: known: the middle.
PLAINLY, DOUBTFUL, SEVERITY_BY_NATURE = 0.92, 0.3, 0.5
#: Pixels of the scene to a cell, and the mean change in a cell from which a fault is plainly in it.
STRIDE, PLAIN = 16, 0.02
#: Mean change of a picture from which these faults show plainly. What touches a corner, or lies in the dark, hardly shows at any severity.
SHOWS = {"rain": 0.03, "raindrop": 0.012, "haze": 0.06, "snow": 0.012, "low-light": 0.1, "shadow": 0.03, "inpainting": 0.006}
#: Steps over which the mildest severity falls.
HARDER = 6000
#: Pictures that were larger than they seem, and how many times: what a camera's own pixels look like at 100 %.
SOFT, SOFTER = 0.12, (1.2, 2.2)
#: Share of the pictures with noise or JPEG that were as soft before: at 100 % noise lies on soft edges, which are not to be sharpened.
SOFT_BEFORE = 0.3
#: Share of the pictures without a fault or with fine ones that are plain parts of photographs.
PLAIN_PARTS = 0.4


@dataclass
class Draw:
    """How often each fault, none, and a second one come, and with which severities."""

    weights: dict[str, float] = field(default_factory=lambda: dict(WEIGHTS))
    clean: float = CLEAN
    second: float = SECOND
    mildest: float = 0.02

    def at(self, step: int) -> "Draw":
        """Plain faults first, mild ones more and more: what is sparse or has a shape is not learnt from what hardly shows."""
        return replace(self, mildest=max(self.mildest, 0.4 * (1 - step / HARDER)))

    def faults(self, source: Source) -> list[Fault]:
        if source.chance(self.clean):
            return []
        first = source.weighted(self.weights)
        if not source.chance(self.second):
            return [Fault(first, source.uniform(self.mildest, 1) ** MILDNESS.get(first, 1.15))]
        others = [d for d in DEGRADATIONS if d != first]
        other = source.choice(COMPANIONS[first]) if source.chance(0.6) else source.choice(others)
        return [Fault(first, source.uniform(0.2, 0.85)), Fault(other, source.uniform(0.15, 0.7))]


def target(fault: Fault, change: float) -> float:
    """How sure the router should be: what barely shows is half there or less, so that the border is what one sees, not a class."""
    sure = min(1.0, 0.35 + 4 * fault.severity)
    shows = SHOWS.get(fault.degradation)
    return sure if shows is None else min(sure, 0.05 + 0.95 * change / shows)


def saved(x: np.ndarray, source: Source, labels: np.ndarray) -> np.ndarray:
    """As most pictures reach us: JPEG of quality 68 to 98. It counts as a fault the more, the more it shows."""
    quality = source.integer(68, 98)
    shows = float(np.clip((84 - quality) / 18, 0, 0.8))
    labels[DEGRADATIONS.index("jpeg")] = max(labels[DEGRADATIONS.index("jpeg")], shows)
    return encode(x, quality, source.chance(0.25))


def rescaled(x: np.ndarray, factor: float) -> np.ndarray:
    """At its own size again, after another."""
    h, w = x.shape[:2]
    return np.clip(resize(resize(x, round(h * factor), round(w * factor)), h, w), 0, 1)


def views_of(x: np.ndarray, soft: float) -> tuple[np.ndarray, np.ndarray]:
    """Windows [k, s, s, 3] and scene of a picture; with ``soft`` above 1 the windows of one that was so many times larger."""
    s = ROUTER_CONFIG["windowSize"]
    h, w = x.shape[:2]
    rows, columns = scene_size(h, w)
    scene = x if (rows, columns) == (h, w) else cv2.resize(x, (columns, rows), interpolation=cv2.INTER_AREA)
    side = round(s / soft)
    windows = []
    for top, left in window_corners((h, w)):
        top, left = min(top + (s - side) // 2, h - side), min(left + (s - side) // 2, w - side)
        window = x[top : top + side, left : left + side]
        windows.append(window if side == s else np.clip(cv2.resize(window, (s, s), interpolation=cv2.INTER_CUBIC), 0, 1))
    return np.stack(windows), scene


def view_tensors(x: np.ndarray, soft: float = 1.0) -> tuple[torch.Tensor, torch.Tensor]:
    """The same as the router takes them, in 0..1: windows [k, 3, s, s], scene [3, h, w]."""
    windows, scene = (torch.from_numpy(np.ascontiguousarray(view)) for view in views_of(x, soft))
    return windows.permute(0, 3, 1, 2), scene.permute(2, 0, 1)


class RouterBatches(Dataset):
    """Item ``step`` is the whole batch of that step: windows [n, k, 3, s, s], scene [n, 3, h, w], targets [n, 10], severities [n, 10],
    first [n], places [n, 10, h / 16, w / 16]: how much of each fault is in each cell of the scene, below nought where nobody knows.

    It depends on the seed and the step alone, so a run that is resumed sees what an uninterrupted one would have seen.
    """

    def __init__(self, photos, draw: Draw, batch: int, seed: int, steps: range, pages: float = PAGES, easier_first: bool = False):
        self.photos, self.draw, self.batch, self.seed, self.steps, self.pages = photos, draw, batch, seed, steps, pages
        self.easier_first = easier_first
        shown = [[photo for photo in photos if name in photo.plain] for name in DEGRADATIONS]
        self.by_nature: list[list[Photo]] = [some for some in shown if len(some) > 1]

    def __len__(self):
        return len(self.steps)

    def __getitem__(self, position: int):
        source = Source((self.seed << 40) ^ (self.steps[position] << 8))
        h, w = source.choice(SIZES)
        if source.chance(0.35):
            h, w = w, h
        draw = self.draw.at(self.steps[position]) if self.easier_first else self.draw
        samples = [self.sample(h, w, draw, source) for _ in range(self.batch)]
        windows, scenes, targets, severities, first, places = (np.stack(parts) for parts in zip(*samples))
        return (
            torch.from_numpy((windows * 255).round().astype(np.uint8)).permute(0, 1, 4, 2, 3),
            torch.from_numpy(scenes).permute(0, 3, 1, 2),
            torch.from_numpy(targets),
            torch.from_numpy(severities),
            torch.from_numpy(first),
            torch.from_numpy(places),
        )

    def sample(self, h: int, w: int, draw: Draw, source: Source):
        targets, severities = np.zeros(len(DEGRADATIONS), np.float32), np.zeros(len(DEGRADATIONS), np.float32)
        faults = draw.faults(source)
        names = {fault.degradation for fault in faults}
        if not faults and self.by_nature and source.chance(BY_NATURE):
            framed = frame(source.choice(self.by_nature), h, w, source, 0)
        else:
            framed = staged(self.photos, names, h, w, source, PLAIN_PARTS, EVEN_ANYWAY)
        x, plain, doubtful = framed or frame(self.photos, h, w, source, self.pages if not faults else self.pages / 4)
        rows, columns = (-(-side // STRIDE) for side in scene_size(h, w))
        places = np.zeros((len(DEGRADATIONS), rows, columns), np.float32)
        for shown, sure in ((plain, PLAINLY), (doubtful, DOUBTFUL)):
            for index in map(DEGRADATIONS.index, shown):
                targets[index], places[index] = sure, -1
        for index in map(DEGRADATIONS.index, plain):
            severities[index] = SEVERITY_BY_NATURE
        x = original(x, faults, source)
        if names and names <= FINE and source.chance(SOFT_BEFORE):
            x = rescaled(x, 1 / source.uniform(*SOFTER))
        before = x
        for fault, x in one_by_one(x, faults, source):
            index = DEGRADATIONS.index(fault.degradation)
            changed = cv2.resize(np.abs(x - before).mean(-1), (columns, rows), interpolation=cv2.INTER_AREA)
            targets[index], severities[index] = max(targets[index], target(fault, changed.mean())), fault.severity
            places[index], before = np.where(places[index] < 0, -1, 1 - np.exp(-changed / PLAIN)), x
        coarse = not names & {*FINE, "blur"}  # nothing fine is wrong with it, so it can be scaled
        if coarse and source.chance(0.06):  # scaled after it happened
            x = rescaled(x, source.uniform(0.6, 0.95))
        if "jpeg" not in names and source.chance(0.6):
            x = saved(x, source, targets)
        soft = source.uniform(*SOFTER) if coarse and source.chance(SOFT) else 1.0
        first = next(map(DEGRADATIONS.index, [*(fault.degradation for fault in faults), *plain]), -1)
        return (*views_of(rounded(x), soft), targets, severities, np.int64(first), places)


def router_stream(photos, draw: Draw, batch: int, seed: int, steps: range, workers: int, easier_first: bool = False):
    """Yields one batch a step."""
    return DataLoader(
        RouterBatches(photos, draw, batch, seed, steps, easier_first=easier_first),
        batch_size=None,
        num_workers=workers,
        worker_init_fn=lambda _: torch.set_num_threads(1),
        prefetch_factor=4 if workers else None,
    )
