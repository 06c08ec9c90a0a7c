"""The training photographs, split by photographer, and the crops that are taken of them."""

from __future__ import annotations

import csv
import hashlib
from pathlib import Path

import cv2
import numpy as np
import torch

from .damage import Source
from .damage.fields import resize
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


def load_photos(folder: Path, held_out: bool) -> list[torch.Tensor]:
    """The photographs as uint8 tensors [h, w, 3], in shared memory for the workers."""
    by = authors(folder)
    photos = []
    for path in list_photos(folder):
        if is_held_out(path, by.get(path.name)) == held_out:
            pixels = cv2.cvtColor(cv2.imread(str(path), cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
            photos.append(torch.from_numpy(pixels).share_memory_())
    return photos


def frame(photos: list[torch.Tensor], h: int, w: int, source: Source, pages: float) -> np.ndarray:
    """A clean picture [h, w, 3] in 0..1: part of a photograph, reduced a little, as somebody developed it; or a page, that often."""
    if source.chance(pages):
        return page(source, h, w)
    photo = source.choice(photos)
    height, width = photo.shape[:2]
    reach = min(height / h, width / w)  # how far it could be reduced
    factor = source.uniform(1, max(1.0, min(reach, 1.9))) if reach >= 1 else reach
    rows, columns = min(height, round(h * factor)), min(width, round(w * factor))
    top, left = source.integer(0, height - rows), source.integer(0, width - columns)
    x = photo[top : top + rows, left : left + columns].numpy().astype(np.float32) / 255
    if (rows, columns) != (h, w):
        x = np.clip(resize(x, h, w), 0, 1)
    if source.chance(0.5):
        x = x[:, ::-1]
    return developed(np.ascontiguousarray(x), source)
