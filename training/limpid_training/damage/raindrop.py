"""Drops on the lens or the window, from dust-like to a sixth of the frame: in focus they show the scene upside down, out of focus
they are discs of its blurred light, at night of lamps; some run down."""

import math

import cv2
import numpy as np

from .fields import gaussian, linear, luma, smooth_field
from .parameters import PARAMETERS
from .source import Source, lerp

P = PARAMETERS["raindrop"]


def raindrop(x: np.ndarray, severity: float, source: Source, kind: str | None = None) -> np.ndarray:
    h, w = x.shape[:2]
    k = max(h, w)
    kind = kind or source.weighted(P["kinds"])
    middle = source.logarithmic(P["radius"]) * k
    if kind == "dust":
        middle = k * source.logarithmic((0.004, 0.012))
    middle = max(1.6, middle)
    covered = lerp(P["coverage"], severity) * source.uniform(0.4, 1.1) * (0.4 if kind == "dust" else 1)
    count = int(np.clip(covered * h * w / (math.pi * middle**2), 2, 220))
    where = smooth_field(source, h, w, 3) if source.chance(0.5) else None
    alpha, shine = np.zeros((h, w), np.float32), np.zeros((h, w), np.float32)
    map_u, map_v = (m.astype(np.float32) for m in np.meshgrid(np.arange(w), np.arange(h)))
    soft = {"sharp": (0.12, 0.4), "soft": (0.4, 1.3), "dust": (0.2, 0.9), "lamps": (0.08, 0.4)}[kind]
    edge_dark = source.uniform(0, 0.5)
    # A drop is a lens of a wide angle, and turns the scene upside down: what it shows is so many times as far from its middle.
    wide = source.logarithmic(P["angle"])
    placed = 0
    for _ in range(count):
        radius = min(middle * source.logarithmic((0.4, 2.2)), k / 9)
        cu, cv = source.uniform(0, w), source.uniform(0, h)
        # Where they are few some are left out, but never all.
        if placed and where is not None and where[min(h - 1, int(cv)), min(w - 1, int(cu))] < source.uniform(0, 0.8):
            continue
        placed += 1
        run = source.chance(P["rivulet"] * 0.3)
        tall = radius * (source.uniform(3, 12) if run else source.uniform(1, 1.5))
        reach_u, reach_v = math.ceil(radius * 2.2 + 2), math.ceil(tall * 2.2 + 2)
        top, bottom = max(0, int(cv) - reach_v), min(h, int(cv) + reach_v + 1)
        left, right = max(0, int(cu) - reach_u), min(w, int(cu) + reach_u + 1)
        if top >= bottom or left >= right:
            continue
        v, u = np.mgrid[top:bottom, left:right].astype(np.float32)
        bump = 1 + source.uniform(0, 0.22) * np.sin(np.arctan2(v - cv, u - cu) * source.integer(2, 4) + source.uniform(0, 6))
        du, dv = (u - cu) / radius, (v - cv) / tall
        distance = np.sqrt(du * du + dv * dv) / bump
        edge = source.uniform(*soft)
        drop = np.clip((1 - distance) / edge + 0.5, 0, 1) * source.between(P["opacity"]) * (0.75 if kind == "soft" else 1)
        area = (slice(top, bottom), slice(left, right))
        wins = drop > alpha[area]
        angle = wide * source.uniform(0.7, 1.3)
        map_u[area] = np.where(wins, cu - (u - cu) * angle, map_u[area])
        map_v[area] = np.where(wins, cv - (v - cv) * angle, map_v[area])
        light = source.between(P["shine"]) * (1 - np.clip(distance, 0, 1)) - edge_dark * 0.4 * np.clip(distance - 0.6, 0, 0.4) / 0.4
        if source.chance(0.4):
            light = light + source.uniform(0.1, 0.5) * np.exp(-((du + 0.35) ** 2 + (dv + 0.4) ** 2) / 0.03)
        shine[area] = np.where(wins, light, shine[area])
        alpha[area] = np.maximum(alpha[area], drop)
    depth_of_field = {"sharp": (0.6, 2), "soft": (0.012 * k, 0.05 * k), "dust": (1, 4), "lamps": (0.01 * k, 0.04 * k)}[kind]
    # A scene that is made smaller loses its detail.
    scene = gaussian(x, max(source.uniform(*depth_of_field), 0.3 * wide))
    if kind == "lamps":  # points of light become discs
        bright = np.clip((luma(x) - 0.6) / 0.4, 0, 1)[..., None]
        scene = np.clip(scene * 0.8 + gaussian(linear(x) * bright, middle * 0.4) * 1.5, 0, 1)
    seen = cv2.remap(scene, map_u, map_v, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
    if source.chance(0.25):  # the window is wet all over
        x = gaussian(x, source.uniform(0.5, 2))
    if kind == "soft":  # a drop out of focus gathers the light of half the sky
        light = np.quantile(seen.reshape(-1, 3)[::7], source.between(P["gathered"]), axis=0).astype(np.float32)
        seen = seen + (light - seen) * source.between(P["evened"])
    alpha = alpha[..., None]
    return x * (1 - alpha) + np.clip(seen + shine[..., None], 0, 1) * alpha
