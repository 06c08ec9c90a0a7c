"""The training photographs, split by photographer, what each of them shows already, and the crops that are taken of them."""

from __future__ import annotations

import csv
import hashlib
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import torch

from .damage import Source
from .damage.fields import luma, resize, sky
from .damage.negatives import developed, page, smooth

#: Share of the pages that are smooth pictures instead.
SMOOTH = 1 / 3
#: Share of the shadows that fall on even ground.
EVEN = 0.75
#: What happens out of doors, and how often it is put into a picture with sky.
OUTDOORS, OPEN = {"haze", "rain", "snow"}, 0.7
#: What lies within few pixels, and leaves the detail round it as it was.
FINE = {"noise", "jpeg"}


def list_photos(folder: Path) -> list[Path]:
    photos = sorted(p for p in Path(folder).iterdir() if p.suffix.lower() in (".jpg", ".jpeg", ".png"))
    if not photos:
        raise SystemExit(f"no photographs in {folder}")
    return photos


def authors(folder: Path) -> dict[str, str]:
    """The author of each file, from the SOURCES.csv beside the folder; a file without one is its own."""
    table = Path(folder).parent / "SOURCES.csv"
    if not table.exists():
        return {}
    with table.open() as handle:
        return {Path(row["file"]).name: row["author"] for row in csv.DictReader(handle)}


def is_held_out(path: Path, author: str | None) -> bool:
    """One photographer in 20 is kept for validation, chosen by a hash of the name: never a stranger's picture by a known eye."""
    return hashlib.sha256((author or path.name).encode()).digest()[0] < 13


class Photo(NamedTuple):
    """A training photograph, uint8 [h, w, 3], and the faults that it has by nature: plainly, or so that people would disagree."""

    pixels: torch.Tensor
    plain: tuple[str, ...] = ()
    doubtful: tuple[str, ...] = ()


class Framed(NamedTuple):
    """Part of a photograph, [h, w, 3] in 0..1, and what the photograph shows by nature; a small part of it may show it or not."""

    pixels: np.ndarray
    plain: tuple[str, ...] = ()
    doubtful: tuple[str, ...] = ()


def marks() -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    """What photographs show by nature, by file name, judged by eye: ``marks.csv``."""
    with (Path(__file__).parent / "marks.csv").open() as handle:
        return {row["file"]: (tuple(row["plain"].split()), tuple(row["doubtful"].split())) for row in csv.DictReader(handle)}


def load_photos(folder: Path, held_out: bool) -> list[Photo]:
    """The photographs, their pixels in shared memory for the workers."""
    by, marked = authors(folder), marks()
    photos = []
    for path in list_photos(folder):
        if is_held_out(path, by.get(path.name)) == held_out:
            pixels = cv2.cvtColor(cv2.imread(str(path), cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
            photos.append(Photo(torch.from_numpy(pixels).share_memory_(), *marked.get(path.name, ())))
    return photos


def without(photos: list[Photo], faults: set[str]) -> list[Photo]:
    """The photographs that show none of these plainly: what can be the original of a picture with them."""
    return [photo for photo in photos if not faults & set(photo.plain)]


def frame(photos: list[Photo], h: int, w: int, source: Source, pages: float) -> Framed:
    """A picture [h, w, 3] as it was taken: part of a photograph, reduced a little, as somebody developed it; or a page, that often."""
    if source.chance(pages):
        return Framed(smooth(source, h, w) if source.chance(SMOOTH) else page(source, h, w))
    return taken(*part(photos, h, w, source, 1), h, w, source)


def part(photos: list[Photo], h: int, w: int, source: Source, least: float) -> tuple[Photo, np.ndarray]:
    """A photograph, and the pixels of a part of it that has the shape h x w; ``least`` is how far it is reduced at least, below 1 enlarged."""
    photo = source.choice(photos)
    height, width = photo.pixels.shape[:2]
    reach = min(height / h, width / w)  # how far it could be reduced
    factor = source.uniform(least, max(least, min(reach, 1.9))) if reach >= least else reach
    rows, columns = min(height, round(h * factor)), min(width, round(w * factor))
    top, left = source.integer(0, height - rows), source.integer(0, width - columns)
    return photo, photo.pixels[top : top + rows, left : left + columns].numpy()


def taken(photo: Photo, pixels: np.ndarray, h: int, w: int, source: Source) -> Framed:
    """That part as a picture [h, w, 3]."""
    x = pixels.astype(np.float32) / 255
    if pixels.shape[:2] != (h, w):
        x = np.clip(resize(x, h, w), 0, 1)
    if source.chance(0.5):
        x = x[:, ::-1]
    x = developed(np.ascontiguousarray(x), source)
    whole = pixels.size > 0.45 * photo.pixels.numel()
    return Framed(x, photo.plain, photo.doubtful) if whole else Framed(x, (), photo.plain + photo.doubtful)


def best_part(photos: list[Photo], h: int, w: int, source: Source, cost, least: float, tries: int) -> Framed:
    """Of so many parts of photographs the one that costs least; ``cost`` sees each reduced to 96 x 72, in 0..1."""

    def of(candidate: tuple[Photo, np.ndarray]) -> float:
        return cost(cv2.resize(candidate[1], (96, 72), interpolation=cv2.INTER_AREA).astype(np.float32) / 255)

    return taken(*min((part(photos, h, w, source, least) for _ in range(tries)), key=of), h, w, source)


def even_frame(photos: list[Photo], h: int, w: int, source: Source) -> Framed:
    """Of a dozen parts of photographs the one whose light is the most even, if it is rough and no sky: pavement, grass, sand, walls,
    where people notice shadows."""

    def unevenness(small: np.ndarray) -> float:
        tone = luma(cv2.resize(small, (16, 12), interpolation=cv2.INTER_AREA))
        grey = luma(small)
        flat = np.abs(grey - cv2.GaussianBlur(grey, (0, 0), 2)) < 0.01
        return float(tone.std() / (tone.mean() + 0.1) + sky(small).mean() + 0.3 * flat.mean())

    return best_part(photos, h, w, source, unevenness, 0.6, 12)


def plain_frame(photos: list[Photo], h: int, w: int, source: Source) -> Framed:
    """Of three parts of photographs, some of them enlarged, the plainest: flat and soft, as a camera's own pixels are at 100 %."""
    return best_part(photos, h, w, source, lambda small: float(np.abs(small - cv2.blur(small, (3, 3))).mean()), 0.4, 3)


def open_frame(photos: list[Photo], h: int, w: int, source: Source) -> Framed:
    """Of four parts of photographs the one with most sky: out of doors, where haze, rain and snow are."""
    return best_part(photos, h, w, source, lambda small: -float(np.minimum(sky(small).mean(1), 0.8).mean()), 1, 4)


def staged(photos: list[Photo], names: set[str], h: int, w: int, source: Source, plain: float, even: float = 0) -> Framed | None:
    """Mostly, a picture of the kind in which these faults happen; None if any :func:`frame` will do. With fine faults or none ``plain`` of them
    are plain; without a shadow ``even`` of them are of even ground all the same."""
    share = EVEN if "shadow" in names else even
    if share > 0 and source.chance(share):
        return even_frame(photos, h, w, source)
    if names & OUTDOORS and source.chance(OPEN):
        return open_frame(photos, h, w, source)
    return plain_frame(photos, h, w, source) if names <= FINE and source.chance(plain) else None
