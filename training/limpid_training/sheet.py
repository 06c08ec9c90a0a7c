"""python -m limpid_training sheet --photos DIR --out FILE.png: what the recipes do to photographs, and what is to be left alone."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from .damage import PHYSICAL_ORDER, Fault, Source, degrade, rounded
from .damage.fields import resize
from .damage.negatives import developed, page
from .photographs import list_photos

SEVERITIES = (0.1, 0.3, 0.5, 0.7, 0.9)
CELL = (210, 280)
#: Damage is made at this many times a cell's size and reduced, as on a screen; noise and compression would not outlive that.
ENLARGED = 1.6
FINE = ("noise", "jpeg")
MARGIN, CAPTION, GAP = 96, 24, 6


def draw(arguments) -> None:
    """Rows: each recipe, of any kind, then photographs as people develop them, then pages. Columns: severities."""
    files, source = list_photos(Path(arguments.photos)), Source(arguments.seed)
    rows = [(name, [damaged(files, source, name, severity) for severity in SEVERITIES]) for name in PHYSICAL_ORDER]
    rows.append(("left alone", [developed(photo(files, source, 1), source) for _ in SEVERITIES]))
    rows.append(("left alone", [page(source, *CELL) for _ in SEVERITIES]))
    h, w = CELL
    sheet = np.full((CAPTION + len(rows) * (h + GAP), MARGIN + len(SEVERITIES) * (w + GAP), 3), 255, np.uint8)
    for column, severity in enumerate(SEVERITIES):
        write(sheet, f"severity {severity}", MARGIN + column * (w + GAP), 16)
    for row, (title, cells) in enumerate(rows):
        top = CAPTION + row * (h + GAP)
        write(sheet, title, 4, top + 16)
        for column, cell in enumerate(cells):
            left = MARGIN + column * (w + GAP)
            sheet[top : top + h, left : left + w] = (rounded(cell) * 255).round()
    if not cv2.imwrite(str(arguments.out), sheet[..., ::-1]):
        raise SystemExit(f"cannot write {arguments.out}")


def damaged(files: list[Path], source: Source, degradation: str, severity: float) -> np.ndarray:
    scale = 1 if degradation in FINE else ENLARGED
    x = degrade(photo(files, source, scale), [Fault(degradation, severity)], source)
    return x if scale == 1 else resize(x, *CELL)


def photo(files: list[Path], source: Source, scale: float) -> np.ndarray:
    """The middle of a photograph, as large as it fits a cell, [h, w, 3] in 0..1."""
    x = cv2.imread(str(source.choice(files)), cv2.IMREAD_COLOR)[..., ::-1].astype(np.float32) / 255
    h, w = (round(side * scale) for side in CELL)
    factor = max(h / x.shape[0], w / x.shape[1])
    x = np.clip(resize(x, max(h, round(x.shape[0] * factor)), max(w, round(x.shape[1] * factor))), 0, 1)
    top, left = (x.shape[0] - h) // 2, (x.shape[1] - w) // 2
    return np.ascontiguousarray(x[top : top + h, left : left + w])


def write(sheet: np.ndarray, text: str, left: int, bottom: int) -> None:
    cv2.putText(sheet, text, (left, bottom), cv2.FONT_HERSHEY_SIMPLEX, 0.42, (26, 26, 26), 1, cv2.LINE_AA)
