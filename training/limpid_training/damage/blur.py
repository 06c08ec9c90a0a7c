"""Blur in linear light, so that lamps streak: hand-shake, panning, defocus through an aperture, turning, and enlargement."""

import math

import cv2
import numpy as np

from .fields import aperture_kernel, coded, convolve, gaussian_kernel, line_kernel, linear, luma, resize, shake_kernel
from .parameters import PARAMETERS
from .source import Source, geometric, lerp

P = PARAMETERS["blur"]


def blur(x: np.ndarray, severity: float, source: Source, kind: str | None = None) -> np.ndarray:
    """Lengths and radii in pixels are those of recipes.json; severity runs through them."""
    kind = kind or source.weighted(P["kinds"])
    if kind == "enlarged":
        return enlarged(x, geometric(P["enlarged"], severity), source)
    light = linear(x)
    lamps = source.between(P["lamps"])
    if lamps > 1:  # what was clipped in the photograph was brighter than it shows
        light = light * (1 + lamps * np.clip((luma(x)[..., None] - 0.88) / 0.12, 0, 1))
    if kind == "turn":
        light = turned(light, lerp(P["turn"], severity), source)
    else:
        light = convolve(light, kernel_of(kind, severity, source))
    y = coded(light)
    if source.chance(P["noisy"]):
        y = y + source.between(P["noise"]) / 255 * source.normal(*y.shape)
    return y


def kernel_of(kind: str, severity: float, source: Source) -> np.ndarray:
    if kind == "shake":
        return shake_kernel(source, geometric(P["shake"], severity))
    if kind == "pan":
        return line_kernel(geometric(P["pan"], severity), source.uniform(0, math.pi), source.uniform(0.4, 0.9))
    if kind == "defocus":
        blades = source.choice([0, 0, 5, 6, 7, 8])
        return aperture_kernel(geometric(P["defocus"], severity), blades, source.uniform(0, math.pi))
    sigma = geometric(P["gaussian"], severity)
    return gaussian_kernel(sigma, max(0.5, sigma * source.uniform(0.4, 1)), source.uniform(0, math.pi))


def turned(light: np.ndarray, amount: float, source: Source, poses: int = 12) -> np.ndarray:
    """The mean over a rotation about a point of the frame, or over a zoom towards it."""
    h, w = light.shape[:2]
    centre = (source.uniform(-0.2, 1.2) * w, source.uniform(-0.2, 1.2) * h)
    zooms = source.chance(0.4)
    total = np.zeros_like(light)
    for i in range(poses):
        at = (i / (poses - 1) - 0.5) * amount
        pose = cv2.getRotationMatrix2D(centre, 0 if zooms else math.degrees(at), 1 + at if zooms else 1)
        total += cv2.warpAffine(light, pose, (w, h), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return total / poses


def enlarged(x: np.ndarray, factor: float, source: Source) -> np.ndarray:
    """A small picture made larger: what a thumbnail or a cut-out face looks like."""
    h, w = x.shape[:2]
    small = resize(x, max(8, round(h / factor)), max(8, round(w / factor)))
    way = source.choice([cv2.INTER_CUBIC, cv2.INTER_CUBIC, cv2.INTER_LINEAR, cv2.INTER_LANCZOS4])
    return cv2.resize(small, (w, h), interpolation=way)
