"""What several recipes draw with: light, kernels, smooth fields, depth, silhouettes.

Images are float32 [h, w, 3] in 0..1, sRGB-coded; masks and fields are float32 [h, w] in 0..1.
"""

from __future__ import annotations

import math

import cv2
import numpy as np

from .source import Source

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


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-np.clip(x, -30, 30)))


def sky(x: np.ndarray) -> np.ndarray:
    """Where the sky probably is: bright, smooth, bluish or grey, and joined to the upper edge."""
    h, w = x.shape[:2]
    small = resize(x, max(8, h // 8), max(8, w // 8))
    bright = luma(small)
    rough = np.abs(small - cv2.GaussianBlur(small, (0, 0), 1.5)).mean(-1)
    looks = ((bright > 0.45) & (rough < 0.025) & (small[..., 2] > small[..., 0] - 0.08)).astype(np.uint8)
    count, labels = cv2.connectedComponents(looks)
    tops = {int(label) for label in labels[0] if label}
    region = np.isin(labels, list(tops)).astype(np.float32) if tops else np.zeros(labels.shape, np.float32)
    return gaussian(cv2.resize(region, (w, h), interpolation=cv2.INTER_LINEAR), 3)


def plausible_depth(x: np.ndarray, source: Source) -> np.ndarray:
    """Scene depth in 0..1, guessed from the photograph: far at the top, in the sky and where it is pale and smooth, near below.

    Edges of depth follow edges of the photograph: a guided blur of the luma would do the same at a higher price.
    """
    h, w = x.shape[:2]
    row = np.linspace(1, 0, h, dtype=np.float32)[:, None]
    ground = np.broadcast_to(row ** source.uniform(0.5, 1.8), (h, w))
    objects = smooth_field(source, h, w, source.integer(2, 6))
    pale = gaussian(x.min(-1), max(1.0, h / 80))
    a, b, c = source.uniform(0.2, 1), source.uniform(0, 0.7), source.uniform(0, 0.8)
    depth = (a * ground + b * objects + c * pale) / (a + b + c)
    depth = np.maximum(depth, sky(x) * source.uniform(0.8, 1.1))
    return (depth - depth.min()) / (depth.max() - depth.min() + 1e-6)


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


def silhouette(source: Source, height: int, width: int, parameters: dict) -> np.ndarray:
    """What stands between the light and the scene: a person, foliage, a building, a fence, branches, a hand, or a blob.
    What reaches an edge of the picture goes on beyond it."""
    kind = source.weighted(parameters["casters"])
    turned = source.chance(parameters["turned"])
    h, w = (width, height) if turned else (height, width)
    mask = np.zeros((h, w), dtype=np.uint8)
    k = max(h, w)

    def dot(cx, cy, rx, ry, turn=0.0):
        cv2.ellipse(mask, (round(cx), round(cy)), (max(1, round(rx)), max(1, round(ry))), math.degrees(turn), 0, 360, 255, -1, cv2.LINE_AA)

    def stroke(points, width):
        cv2.polylines(mask, [np.array(points, dtype=np.float32).round().astype(np.int32)], False, 255, max(1, round(width)), cv2.LINE_AA)

    if kind == "person":
        tall = source.uniform(0.25, 1.2) * h
        cx, top = source.uniform(0.05, 0.95) * w, source.uniform(-0.1, 0.7) * h
        if source.chance(0.6):  # whose feet are not in the picture, as the photographer's
            tall = max(tall, (h - top) * source.uniform(1.1, 2.2))
        r = tall * 0.065
        dot(cx, top + r, r, r * 1.2)
        hem = 13 if source.chance(0.4) else 7  # of a coat or a jacket
        body = np.array([(-2.1, 2.4), (2.1, 2.4), (1.7, hem), (-1.7, hem)]) * r + (cx, top)
        cv2.fillPoly(mask, [body.round().astype(np.int32)], 255, cv2.LINE_AA)
        for side in (-1, 1):
            knee = (cx + side * r * source.uniform(0.6, 2), top + r * 10)
            stroke([(cx + side * r, top + r * 6.5), knee, (cx + side * r * source.uniform(0.5, 3), top + r * 15)], r * 1.5)
            elbow = (cx + side * r * source.uniform(2, 4.5), top + r * source.uniform(3, 6))
            stroke([(cx + side * r * 1.9, top + r * 2.8), elbow, (cx + side * r * source.uniform(1, 5), top + r * source.uniform(0, 8))], r * 1.1)
    elif kind == "building":
        for _ in range(source.integer(1, 4)):
            left, right = sorted((source.uniform(-0.2, 1.2) * w, source.uniform(-0.2, 1.2) * w))
            top = source.uniform(0.1, 0.9) * h
            roof = [(left, top), ((left + right) / 2, top - source.uniform(0, 0.25) * h), (right, top), (right, h), (left, h)]
            cv2.fillPoly(mask, [np.array(roof).round().astype(np.int32)], 255, cv2.LINE_AA)
    elif kind == "foliage":
        cx, cy, spread = source.uniform(0, 1) * w, source.uniform(0, 1) * h, source.uniform(0.15, 0.8) * k
        size = source.logarithmic((0.006, 0.06)) * k
        for _ in range(source.integer(30, 260)):
            a, b = cx + spread * 0.5 * float(source.normal(1)[0]), cy + spread * 0.5 * float(source.normal(1)[0])
            dot(a, b, size * source.uniform(0.5, 1.3), size * source.uniform(0.3, 0.9), source.uniform(0, 3.14))
    elif kind == "fence":
        bars, share = source.integer(3, 16), source.uniform(0.15, 0.6)
        for i in range(bars):
            left = (i + source.uniform(0, 0.2)) * w / bars
            cv2.rectangle(mask, (round(left), 0), (round(left + share * w / bars), h), 255, -1)
        if source.chance(0.5):
            for row in (0.3, 0.7):
                cv2.rectangle(mask, (0, round(row * h)), (w, round((row + 0.05) * h)), 255, -1)
    elif kind == "branches":
        for _ in range(source.integer(3, 14)):
            angle, x, y = source.uniform(0, 2 * math.pi), source.uniform(0, w), source.uniform(0, h)
            points = [(x, y)]
            for _ in range(7):
                angle += source.uniform(-0.5, 0.5)
                x, y = x + math.cos(angle) * k * 0.06, y + math.sin(angle) * k * 0.06
                points.append((x, y))
            stroke(points, source.logarithmic((1.5, 0.03 * k + 2)))
    elif kind == "umbrella":
        cx, cy, r = source.uniform(0, 1) * w, source.uniform(0, 1) * h, source.uniform(0.08, 0.4) * k
        n = source.integer(4, 8)
        rim = [(cx + r * math.cos(2 * math.pi * i / n), cy + r * source.uniform(0.8, 1) * math.sin(2 * math.pi * i / n)) for i in range(n)]
        cv2.fillPoly(mask, [np.array(rim).round().astype(np.int32)], 255, cv2.LINE_AA)
        if source.chance(0.6):
            stroke([(cx, cy), (cx + source.uniform(-1, 1) * r, cy + 2 * r)], r * 0.06 + 1)
    elif kind == "edge":
        angle, offset = source.uniform(0, 2 * math.pi), source.uniform(-0.4, 0.4) * k
        u, v = np.array([math.cos(angle), math.sin(angle)]), np.array([-math.sin(angle), math.cos(angle)])
        middle = np.array([w / 2, h / 2]) + offset * u
        corners = [middle + v * 2 * k, middle - v * 2 * k, middle - v * 2 * k + u * 2 * k, middle + v * 2 * k + u * 2 * k]
        cv2.fillPoly(mask, [np.array(corners).round().astype(np.int32)], 255, cv2.LINE_AA)
    elif kind == "hand":
        cx, cy, r = source.uniform(0.1, 0.9) * w, source.uniform(0.1, 0.9) * h, source.uniform(0.05, 0.2) * k
        dot(cx, cy, r, r * 1.1)
        turn = source.uniform(0, 2 * math.pi)
        for finger in range(5):
            angle = turn + (finger - 2) * source.uniform(0.25, 0.4)
            stroke([(cx, cy), (cx + math.cos(angle) * r * source.uniform(1.7, 2.6), cy + math.sin(angle) * r * source.uniform(1.7, 2.6))], r * 0.42)
        stroke([(cx, cy), (cx - math.cos(turn) * k, cy - math.sin(turn) * k)], r * 1.3)
    else:
        cx, cy, r = source.uniform(0.05, 0.95) * w, source.uniform(0.05, 0.95) * h, source.uniform(0.05, 0.35) * k
        for _ in range(source.integer(2, 9)):
            dot(cx + source.uniform(-r, r), cy + source.uniform(-r, r), r * source.uniform(0.2, 0.8), r * source.uniform(0.2, 0.8), source.uniform(0, 3.14))
    # The ground and the wall that it falls on are neither level nor square to the light.
    corners = np.array([(0, 0), (w, 0), (w, h), (0, h)], dtype=np.float32)
    bent = corners + np.array([[source.uniform(-0.35, 0.35) * w, source.uniform(-0.35, 0.35) * h] for _ in range(4)], dtype=np.float32)
    flipped = source.chance(0.5)
    bend = cv2.getPerspectiveTransform(corners, bent)
    mask = cv2.warpPerspective(mask[::-1] if flipped else mask, bend, (w, h), borderMode=cv2.BORDER_REPLICATE)
    return np.ascontiguousarray(mask.T if turned else mask).astype(np.float32) / 255
