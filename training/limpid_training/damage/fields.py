"""What several recipes draw with: light, kernels, smooth fields, depth.

Images are float32 [h, w, 3] in 0..1, sRGB-coded; masks and fields are float32 [h, w] in 0..1.
"""

from __future__ import annotations

import math

import cv2
import numpy as np

from .parameters import PARAMETERS
from .source import Source

DEPTH = PARAMETERS["haze"]["depth"]
cv2.setNumThreads(0)  # one thread a worker: several would wait for each other


def linear(x: np.ndarray) -> np.ndarray:
    """sRGB to linear light by a cubic, within 0.002."""
    return x * (x * (x * 0.305306011 + 0.682171111) + 0.012522878)


def coded(light: np.ndarray) -> np.ndarray:
    """Linear light to sRGB by roots, within 0.005 and the inverse of :func:`linear`; clips to 0..1."""
    light = np.clip(light, 0, 1)
    root = np.sqrt(light)
    fourth = np.sqrt(root)
    eighth = np.sqrt(fourth)
    return np.clip(0.662002687 * root + 0.684122060 * fourth - 0.323583601 * eighth - 0.0225411470 * light, 0, 1)


def luma(x: np.ndarray) -> np.ndarray:
    return x @ np.array([0.299, 0.587, 0.114], dtype=np.float32)


def is_grey(x: np.ndarray) -> bool:
    sample = x[::7, ::7]
    return bool((sample.max(-1) - sample.min(-1)).max() < 0.012)


def gaussian(x: np.ndarray, sigma: float) -> np.ndarray:
    if sigma < 0.15:
        return x
    if sigma > 6:  # a wide blur of a reduced image is the same blur
        h, w = x.shape[:2]
        factor = sigma / 3
        small = cv2.resize(x, (max(2, round(w / factor)), max(2, round(h / factor))), interpolation=cv2.INTER_AREA)
        small = cv2.GaussianBlur(small, (0, 0), 2.8, borderType=cv2.BORDER_REPLICATE)
        return cv2.resize(small, (w, h), interpolation=cv2.INTER_LINEAR)
    return cv2.GaussianBlur(x, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)


def convolve(x: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    return cv2.filter2D(x, -1, kernel.astype(np.float32), borderType=cv2.BORDER_REPLICATE)


def resize(x: np.ndarray, h: int, w: int) -> np.ndarray:
    """By area when it shrinks, bicubic when it grows."""
    shrinks = h * w < x.shape[0] * x.shape[1]
    return cv2.resize(x, (w, h), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC)


def gaussian_kernel(sigma_x: float, sigma_y: float, theta: float) -> np.ndarray:
    radius = max(1, math.ceil(3 * max(sigma_x, sigma_y)))
    v, u = np.mgrid[-radius : radius + 1, -radius : radius + 1].astype(np.float32)
    a, b = u * math.cos(theta) + v * math.sin(theta), v * math.cos(theta) - u * math.sin(theta)
    kernel = np.exp(-0.5 * ((a / sigma_x) ** 2 + (b / sigma_y) ** 2))
    return kernel / kernel.sum()


def line_kernel(length: float, theta: float, width: float) -> np.ndarray:
    """A straight streak of given length and width in pixels, sum 1."""
    radius = max(1, math.ceil(length / 2 + 2 * width))
    v, u = np.mgrid[-radius : radius + 1, -radius : radius + 1].astype(np.float32)
    along, across = u * math.cos(theta) + v * math.sin(theta), v * math.cos(theta) - u * math.sin(theta)
    kernel = np.clip(length / 2 + 0.5 - np.abs(along), 0, 1) * np.exp(-0.5 * (across / width) ** 2)
    return kernel / kernel.sum()


def aperture_kernel(radius: float, blades: int = 0, turn: float = 0.0) -> np.ndarray:
    """The image of a point out of focus: a disc, or a polygon of so many aperture blades; antialiased, sum 1."""
    reach = max(1, math.ceil(radius + 0.5))
    v, u = np.mgrid[-reach : reach + 1, -reach : reach + 1].astype(np.float32)
    distance = np.sqrt(u * u + v * v)
    if blades:
        angle = np.arctan2(v, u) + turn
        sector = 2 * math.pi / blades
        distance = distance * np.cos(np.mod(angle, sector) - sector / 2) / math.cos(sector / 2)
    kernel = np.clip(radius + 0.5 - distance, 0, 1)
    return kernel / kernel.sum()


def shake_kernel(source: Source, length: float, points: int = 32) -> np.ndarray:
    """The path of a hand during the exposure: a random walk with inertia and jerks (Boracchi and Foi, 2012)."""
    velocity = np.array([math.cos(turn := source.uniform(0, 2 * math.pi)), math.sin(turn)])
    path, anxiety, jerk = [np.zeros(2)], source.uniform(0.02, 0.5), source.uniform(0, 0.08)
    for _ in range(points - 1):
        velocity = velocity + anxiety * source.normal(2) - 0.12 * path[-1]
        if source.chance(jerk):
            velocity = -velocity + 0.5 * source.normal(2)
        velocity = velocity / (np.linalg.norm(velocity) + 1e-6)
        path.append(path[-1] + velocity)
    path = np.array(path)
    path *= length / (np.abs(path - path.mean(0)).max() * 2 + 1e-6)
    path -= (path.max(0) + path.min(0)) / 2
    reach = max(1, math.ceil(length / 2 + 1.5))
    kernel = np.zeros((2 * reach + 1, 2 * reach + 1), dtype=np.float32)
    steps = max(points, int(length * 4))
    at = np.linspace(0, points - 1, steps)
    u, v = np.interp(at, np.arange(points), path[:, 0]) + reach, np.interp(at, np.arange(points), path[:, 1]) + reach
    for dv in (0, 1):
        for du in (0, 1):
            weight = (1 - np.abs(np.floor(u) + du - u)) * (1 - np.abs(np.floor(v) + dv - v))
            np.add.at(kernel, (np.clip(np.floor(v) + dv, 0, 2 * reach).astype(int), np.clip(np.floor(u) + du, 0, 2 * reach).astype(int)), weight)
    return kernel / kernel.sum()


def smooth_field(source: Source, h: int, w: int, cells: int) -> np.ndarray:
    """A random smooth field in 0..1 with about ``cells`` bumps along the long side."""
    rows, columns = (max(2, round(cells * side / max(h, w))) + 2 for side in (h, w))
    field = cv2.resize(source.rand(rows, columns), (w, h), interpolation=cv2.INTER_CUBIC)
    low, high = field.min(), field.max()
    return (field - low) / (high - low + 1e-6)


def inset(x: np.ndarray, top: int, left: int, bottom: int, right: int, tone: float) -> np.ndarray:
    """The picture, reduced, within a border of one tone."""
    h, w = x.shape[:2]
    y = np.full_like(x, tone)
    y[top : h - bottom, left : w - right] = resize(x, h - top - bottom, w - left - right)
    return y


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-np.clip(x, -30, 30)))


def sky(x: np.ndarray) -> np.ndarray:
    """Where the sky probably is: bright, smooth, bluish or grey, and joined to the upper edge; what is darker than it stands before it."""
    h, w = x.shape[:2]
    small = resize(x, max(8, h // 8), max(8, w // 8))
    bright = luma(small)
    rough = np.abs(small - cv2.GaussianBlur(small, (0, 0), 1.5)).mean(-1)
    looks = ((bright > 0.45) & (rough < 0.025) & (small[..., 2] > small[..., 0] - 0.08)).astype(np.uint8)
    count, labels = cv2.connectedComponents(looks)
    tops = {int(label) for label in labels[0] if label}
    region = np.isin(labels, list(tops)).astype(np.float32) if tops else np.zeros(labels.shape, np.float32)
    if not region.any():
        return np.zeros((h, w), np.float32)
    tone = float((bright * region).sum() / region.sum())
    near = np.clip(2 * gaussian(region, 1), 0, 1)  # a cell more on each side, so that its own edge is the photograph's
    return gaussian(cv2.resize(near, (w, h), interpolation=cv2.INTER_LINEAR), 2) * np.clip((luma(x) - tone + 0.3) / 0.15, 0, 1)


def plausible_depth(x: np.ndarray, source: Source) -> np.ndarray:
    """Scene depth guessed from the photograph: 0 near to 1 far, and up to 2.5 in the sky. Far is what is high in the picture, near the
    horizon of a plane, at the end of a passage, pale or smooth."""
    h, w = x.shape[:2]
    v, u = np.linspace(0, 1, h, dtype=np.float32)[:, None], np.linspace(0, 1, w, dtype=np.float32)[None]
    kind = source.weighted(DEPTH["kinds"])
    if kind == "slope":
        ground = (1 - v) ** source.between(DEPTH["slope"])
    elif kind == "plane":
        horizon = source.between(DEPTH["horizon"])
        ground = 1 / (1 + source.between(DEPTH["closeness"]) * np.clip(v - horizon, 0, 1) / (1 - horizon))
    else:
        away = np.maximum(np.abs(u - source.uniform(0.25, 0.75)), np.abs(v - source.uniform(0.3, 0.6)))
        ground = 1 / (1 + source.between(DEPTH["closeness"]) * away)
    objects = smooth_field(source, h, w, source.integer(2, 6))
    pale = gaussian(x.min(-1), max(1.0, h / 80))
    a, b, c = source.uniform(0.3, 1), source.uniform(0, 0.5), source.uniform(0, 0.8)
    depth = a * ground + b * objects + c * pale
    depth = (depth - depth.min()) / (depth.max() - depth.min() + 1e-6)
    return depth + sky(x) * (source.between(DEPTH["sky"]) - depth)


def sprinkle(source: Source, h: int, w: int, count: float, density: np.ndarray | None = None) -> np.ndarray:
    """Points of random strength [h, w], ``count`` in the mean, more where ``density`` is high."""
    points = np.zeros((h, w), dtype=np.float32)
    number = int(source.numbers.poisson(max(0.0, count)))
    if number == 0:
        return points
    y, x = source.numbers.integers(0, h, number), source.numbers.integers(0, w, number)
    strength = 0.3 + 0.7 * source.rand(number)
    if density is not None:
        strength = strength * (source.rand(number) < density[y, x])
    points[y, x] = strength
    return points
