"""JPEG compression by libjpeg: hard, twice, off the grid, or a small web picture made larger."""

import cv2
import numpy as np

from .fields import resize
from .parameters import PARAMETERS
from .source import Source, geometric

P = PARAMETERS["jpeg"]


def encode(x: np.ndarray, quality: int, full_chroma: bool) -> np.ndarray:
    """x through libjpeg at a quality, with 4:4:4 or 4:2:0 sampling of colour."""
    pixels = (np.clip(x, 0, 1) * 255 + 0.5).astype(np.uint8)
    sampling = cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444 if full_chroma else cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420
    _, data = cv2.imencode(".jpg", pixels[..., ::-1], (cv2.IMWRITE_JPEG_QUALITY, int(quality), cv2.IMWRITE_JPEG_SAMPLING_FACTOR, sampling))
    return cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1].astype(np.float32) / 255


def shifted(x: np.ndarray, quality: int, full_chroma: bool, source: Source) -> np.ndarray:
    """The same with the grid of blocks anywhere: pictures are cropped after they are saved."""
    dy, dx = source.integer(0, 7), source.integer(0, 7)
    return encode(np.pad(x, ((dy, 0), (dx, 0), (0, 0)), mode="edge"), quality, full_chroma)[dy:, dx:]


def jpeg(x: np.ndarray, severity: float, source: Source) -> np.ndarray:
    """Quality 72 down to 5, on a logarithmic scale of severity."""
    h, w = x.shape[:2]
    quality = round(geometric(P["quality"], severity))
    full_chroma = source.chance(P["chroma444"])
    if source.chance(P["resizedAfter"]):
        factor = source.between(P["smallPicture"])
        small = resize(x, max(16, round(h * factor)), max(16, round(w * factor)))
        small = encode(small, quality, full_chroma)
        return encode(np.clip(resize(small, h, w), 0, 1), source.integer(*P["saved"]), False)
    if source.chance(P["twice"]):
        x = shifted(x, min(95, quality + source.integer(0, 30)), full_chroma, source)
    return shifted(x, quality, full_chroma, source) if source.chance(0.6) else encode(x, quality, full_chroma)
