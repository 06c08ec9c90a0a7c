"""Makes the sample photos beside this file: crops of clean photographs, and the same with one fault each.

    python make_samples.py PHOTOS

PHOTOS is a folder that holds the originals named below. Needs the packages of training/requirements.txt.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image

here = Path(__file__).resolve().parent
sys.path.insert(0, str(here.parents[1] / "training"))

from limpid_training.degradations import RECIPES, Source  # noqa: E402

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


def to_tensor(image: Image.Image) -> torch.Tensor:
    """8-bit RGB -> [3, H, W] in 0..1."""
    return torch.from_numpy(np.array(image)).permute(2, 0, 1).float() / 255


def to_image(x: torch.Tensor) -> Image.Image:
    """[3, H, W] in 0..1 -> 8-bit RGB, rounded."""
    return Image.fromarray((x.clamp(0, 1) * 255).round().byte().permute(1, 2, 0).contiguous().numpy())


def main(photos: Path) -> None:
    (here / "clean").mkdir(exist_ok=True)
    for sample in SAMPLES:
        clean = Image.open(photos / sample.original).convert("RGB").crop(sample.box)
        clean.save(here / "clean" / f"{sample.fault}.png", optimize=True)
        x, source = to_tensor(clean), Source(SEED)
        if sample.fault == "noise":
            # White Gaussian noise of sigma 25, in 255ths: the recipe's 5..55 at severity 0.4.
            to_image(RECIPES["noise"](x, 0.4, source, kind="gaussian")).save(here / "noise.png", optimize=True)
        elif sample.fault == "jpeg":
            # As most cameras and sites write it: chroma at half resolution (4:2:0).
            clean.save(here / "jpeg.jpg", quality=10, subsampling=2)
        else:
            to_image(RECIPES["rain"](x, 0.6, source)).save(here / "rain.png", optimize=True)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
