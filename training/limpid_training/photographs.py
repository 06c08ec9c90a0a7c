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
from .damage.negatives import developed, page


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
        return Framed(page(source, h, w))
    photo = source.choice(photos)
    height, width = photo.pixels.shape[:2]
    reach = min(height / h, width / w)  # how far it could be reduced
    factor = source.uniform(1, max(1.0, min(reach, 1.9))) if reach >= 1 else reach
    rows, columns = min(height, round(h * factor)), min(width, round(w * factor))
    top, left = source.integer(0, height - rows), source.integer(0, width - columns)
    x = photo.pixels[top : top + rows, left : left + columns].numpy().astype(np.float32) / 255
    if (rows, columns) != (h, w):
        x = np.clip(resize(x, h, w), 0, 1)
    if source.chance(0.5):
        x = x[:, ::-1]
    x = developed(np.ascontiguousarray(x), source)
    whole = rows * columns > 0.45 * height * width
    return Framed(x, photo.plain, photo.doubtful) if whole else Framed(x, (), photo.plain + photo.doubtful)


def even_frame(photos: list[Photo], h: int, w: int, source: Source) -> Framed:
    """Of four pictures the one whose light is the most even, sky left out: pavement, grass, sand, walls, where people notice shadows."""

    def unevenness(framed: Framed) -> float:
        tone = luma(cv2.resize(framed.pixels, (16, 12), interpolation=cv2.INTER_AREA))
        return float(tone.std() / (tone.mean() + 0.1) + sky(framed.pixels).mean())

    return min((frame(photos, h, w, source, 0) for _ in range(4)), key=unevenness)
