"""Makes the sample photos beside this file: crops of clean photographs, and the same with one fault each.

    python make_samples.py PHOTOS

PHOTOS is a folder that holds the originals named below. Needs the packages of training/requirements.txt.
"""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

here = Path(__file__).resolve().parent
sys.path.insert(0, str(here.parents[1] / "training"))

from limpid_training.damage import Fault, Source, degrade  # noqa: E402
from limpid_training.damage.parameters import PARAMETERS  # noqa: E402

#: Seed of the random fields; the same files come out every time.
SEED = 2410


@dataclass
class Sample:
    """One photograph, the part of it that is used (left, top, right, bottom), and its fault."""

    fault: str
    original: str
    box: tuple[int, int, int, int]


SAMPLES = (
    Sample("noise", "sk-coffee.png", (96, 24, 544, 360)),
    Sample("jpeg", "fed-phare-du-petit-minou.png", (160, 80, 608, 416)),
    Sample("rain", "gc-monuments_france_reimsCathedral.png", (96, 60, 544, 396)),
)


def save(x: np.ndarray, path: Path) -> None:
    """[h, w, 3] in 0..1 -> 8-bit RGB, rounded."""
    Image.fromarray((x * 255).round().astype(np.uint8)).save(path, optimize=True)


def severity_of_sigma(sigma: float) -> float:
    """At which severity white noise has that standard deviation, in 255ths."""
    low, high = PARAMETERS["noise"]["sigma"]
    return math.log(sigma / low) / math.log(high / low)


def main(photos: Path) -> None:
    (here / "clean").mkdir(exist_ok=True)
    for sample in SAMPLES:
        clean = Image.open(photos / sample.original).convert("RGB").crop(sample.box)
        clean.save(here / "clean" / f"{sample.fault}.png", optimize=True)
        x, source = np.asarray(clean, dtype=np.float32) / 255, Source(SEED)
        if sample.fault == "noise":
            save(degrade(x, [Fault("noise", severity_of_sigma(25), "white")], source), here / "noise.png")
        elif sample.fault == "jpeg":
            # As most cameras and sites write it: chroma at half resolution (4:2:0).
            clean.save(here / "jpeg.jpg", quality=10, subsampling=2)
        else:
            save(degrade(x, [Fault("rain", 0.6)], source), here / "rain.png")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
