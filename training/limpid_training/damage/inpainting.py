"""What happens to prints and film, and what people draw on photographs: age, creases, cracks, tears, missing corners, stains, foxing,
dust, scratches, fading, handwriting, brush strokes and blots. Printed text that belongs to a scene is not among them."""

import math

import cv2
import numpy as np

from .fields import gaussian, inset, is_grey, smooth_field
from .parameters import PARAMETERS
from .source import Source, lerp

P = PARAMETERS["inpainting"]
#: What the whites of monochrome prints turn to, and their blacks.
PAPERS = ((1, 1, 1), (1, 1, 1), (1, 0.97, 0.9), (1, 0.93, 0.78), (1, 0.87, 0.6), (1, 0.94, 0.93), (0.94, 1, 0.95))
INKS = ((0, 0, 0), (0, 0, 0), (0.2, 0.11, 0.05), (0.12, 0.06, 0.02), (0.02, 0.14, 0.13), (0.1, 0.04, 0.12), (0.03, 0.05, 0.14))


def inpainting(x: np.ndarray, severity: float, source: Source, kind: str | None = None) -> np.ndarray:
    kind = kind or source.weighted(P["kinds"])
    if kind == "marks":
        return drawn_on(x, severity, source)
    if kind == "aged":
        return aged(x, severity, source)
    if kind == "print" and source.chance(P["old"]):
        return worn(np.clip(aged(x, severity * source.uniform(0.3, 0.8), source), 0, 1), severity, source)
    y = faded(x, severity, source) if source.chance(P["faded"]) else x
    return film(y, severity, source) if kind == "film" else worn(y, severity, source)


def faded(x, severity, source):
    """Dyes that have gone pale and paper that has gone yellow: lower contrast, a lifted black; the tones of paper and ink for monochrome prints."""
    if is_grey(x):
        paper, ink = np.array(source.choice(PAPERS), dtype=np.float32), np.array(source.choice(INKS), dtype=np.float32)
        y = ink + x * (paper - ink)
        dyes = np.ones(3, np.float32)
    else:
        y = x
        dyes = np.array([1 - source.uniform(0, 0.35) * severity for _ in range(3)], dtype=np.float32)
    low, high = source.uniform(0, 0.3) * severity, 1 - source.uniform(0, 0.3) * severity
    y = low + y * dyes * (high - low)
    return yellowed(y, source) if source.chance(0.5) else y.astype(np.float32)


def yellowed(x, source):
    """Unevenly, more towards the edges."""
    h, w = x.shape[:2]
    v, u = np.mgrid[-1 : 1 : h * 1j, -1 : 1 : w * 1j].astype(np.float32)
    edge = np.clip((u * u + v * v) / 2, 0, 1) * smooth_field(source, h, w, 3) * source.uniform(0, 0.6)
    return (x + edge[..., None] * (np.array([0.95, 0.88, 0.72], dtype=np.float32) * source.uniform(0.6, 1) - x)).astype(np.float32)


def aged(x, severity, source):
    """A photograph of long ago as it lies in an album: soft, its lights spread, grainy, on mottled paper, pale or harsh, with dust."""
    h, w = x.shape[:2]
    k = max(h, w)
    y = gaussian(x, source.uniform(0.0005, 0.0035) * k * severity)
    lights = np.clip(y - 0.6, 0, 1)
    y = y + gaussian(lights, 0.02 * k) * source.uniform(0, 0.8)
    y = (y - 0.5) * source.uniform(1, lerp(P["harsh"], severity)) + 0.5  # few greys between black and white
    y = faded(np.clip(y, 0, 1), severity if source.chance(P["pale"]) else 0, source)
    paper = smooth_field(source, h, w, 5) + 0.6 * smooth_field(source, h, w, 30) + 0.4 * gaussian(source.rand(h, w), 1.0)
    y = y * (1 + (paper - paper.mean())[..., None] * lerp(P["mottle"], severity) * source.uniform(0.3, 1.2))
    grain = gaussian(source.rand(h, w), source.uniform(0.4, 0.0025 * k + 0.5)) - 0.5
    y = y + grain[..., None] / (grain.std() + 1e-6) * lerp(P["grain"], severity) * source.uniform(0.3, 1.2)
    mask = np.zeros((h, w), np.uint8)
    specks(source, mask, round(lerp(P["dust"], severity) * 0.4))
    return cover(y.astype(np.float32), mask, np.array([source.choice([0.95, 0.1])] * 3, dtype=np.float32), source.uniform(0.3, 0.9))


def bordered(x, source):
    """A print with the paper round it, pale or, of a plate, dark; its corners may be round."""
    h, w = x.shape[:2]
    k = max(h, w)
    top, left, bottom, right = (round(source.uniform(0.004, 0.07) * k) for _ in range(4))
    tone = source.uniform(0, 0.15) if source.chance(0.25) else source.uniform(0.75, 1)
    y = inset(x, top, left, bottom, right, tone)
    radius = source.uniform(0.005, 0.1) * k if source.chance(0.4) else 0
    v, u = np.mgrid[0:h, 0:w].astype(np.float32)
    # How far a pixel lies beyond the circles in the corners.
    across = np.maximum(np.maximum(left + radius - u, u - (w - 1 - right - radius)), 0)
    down = np.maximum(np.maximum(top + radius - v, v - (h - 1 - bottom - radius)), 0)
    inside = np.clip(radius + 0.5 - np.hypot(across, down), 0, 1)[..., None]
    return (y * inside + tone * (1 - inside)).astype(np.float32)


def pen(source, points, start, turn, step):
    """A wandering line: its points in pixels."""
    angle, x, y = source.uniform(0, 2 * math.pi), *start
    path = [(x, y)]
    for _ in range(points):
        angle += source.uniform(-turn, turn)
        x, y = x + math.cos(angle) * step, y + math.sin(angle) * step
        path.append((x, y))
    return path


def stroke(mask, path, width, value=255):
    cv2.polylines(mask, [np.array(path, dtype=np.float32).round().astype(np.int32)], False, int(value), max(1, round(width)), cv2.LINE_AA)


def anywhere(source, h, w):
    return source.uniform(0, w), source.uniform(0, h)


def worn(x, severity, source):
    """A print that was folded, torn, wetted and kept in a drawer."""
    h, w = x.shape[:2]
    k = max(h, w)
    light, dark = np.zeros((h, w), np.uint8), np.zeros((h, w), np.uint8)
    y = x
    for _ in range(source.integer(1, max(1, round(lerp(P["marks"], severity) / 3)))):
        what = source.weighted({"crease": 3, "crack": 3, "scratch": 3, "dust": 3, "stain": 2, "corner": 1, "tear": 1.5, "foxing": 1.5, "scrape": 1.5, "writing": 0.8})
        layer = light if source.chance(0.75) else dark
        if what == "crease":  # straight from edge to edge, pale in the fold and dark beside it
            path = pen(source, 10, anywhere(source, h, w), 0.06, k * 0.12)
            stroke(light, path, source.uniform(1, 3), source.integer(120, 255))
            if source.chance(0.5):
                stroke(dark, [(a + 2, b + 2) for a, b in path], source.uniform(1, 2), source.integer(60, 140))
        elif what == "crack":
            for _ in range(source.integer(1, 8)):
                stroke(light, pen(source, source.integer(4, 16), anywhere(source, h, w), 0.9, k * source.uniform(0.008, 0.03)), source.uniform(1, 2), source.integer(140, 255))
        elif what == "scratch":
            stroke(layer, pen(source, 8, anywhere(source, h, w), 0.1, k * source.logarithmic((0.005, 0.08))), source.uniform(1, 3), source.integer(90, 255))
        elif what == "dust":
            specks(source, layer, source.integer(*P["dust"]))
        elif what == "stain":
            blot = np.zeros((h, w), np.uint8)
            (cx, cy), r = anywhere(source, h, w), source.between(P["stain"]) * k
            if source.chance(0.5):  # where hands, glue and damp came: near a corner
                cx, cy = (c * 0.2 if c < side / 2 else side - (side - c) * 0.2 for c, side in ((cx, w), (cy, h)))
            for _ in range(6):
                cv2.circle(blot, (round(cx + source.uniform(-r, r) * 0.5), round(cy + source.uniform(-r, r) * 0.5)), max(1, round(r * source.uniform(0.3, 0.8))), 255, -1, cv2.LINE_AA)
            spot = gaussian(blot.astype(np.float32) / 255, source.uniform(1, 5))
            if source.chance(0.5):
                spot = 0.35 * spot + np.clip(spot - gaussian(spot, 5), 0, 1) * 1.3  # a rim where the water stood
            colour = np.array([source.uniform(0.35, 0.8), source.uniform(0.2, 0.55), source.uniform(0, 0.4)], dtype=np.float32)
            y = y + np.clip(spot * source.uniform(0.25, 0.9), 0, 1)[..., None] * (colour - y)
        elif what == "writing":
            written(source, dark)
        elif what == "foxing":
            spots = np.zeros((h, w), np.uint8)
            for _ in range(source.integer(5, 60)):
                cv2.circle(spots, tuple(round(c) for c in anywhere(source, h, w)), max(1, round(source.logarithmic((0.8, 0.012 * k)))), source.integer(60, 200), -1, cv2.LINE_AA)
            y = y + gaussian(spots.astype(np.float32) / 255, 1.2)[..., None] * (np.array([0.5, 0.34, 0.18], dtype=np.float32) - y)
        elif what == "corner":
            a, b = source.choice([(0, 0), (w, 0), (0, h), (w, h)])
            size = source.uniform(0.03, 0.18) * k
            ragged = [(a, b), (a + (size if a == 0 else -size) * source.uniform(0.6, 1.2), b)]
            for t in (0.25, 0.5, 0.75):
                ragged.append((a + (1 - t) * (size if a == 0 else -size) * source.uniform(0.7, 1.2), b + t * (size if b == 0 else -size) * source.uniform(0.7, 1.2)))
            ragged.append((a, b + (size if b == 0 else -size) * source.uniform(0.6, 1.2)))
            cv2.fillPoly(light if source.chance(0.7) else dark, [np.array(ragged).round().astype(np.int32)], 255, cv2.LINE_AA)
        elif what == "tear":
            side = source.choice([(0, source.uniform(0, h)), (w, source.uniform(0, h)), (source.uniform(0, w), 0), (source.uniform(0, w), h)])
            stroke(light, pen(source, source.integer(4, 14), side, 0.5, k * source.uniform(0.015, 0.05)), source.uniform(1.5, 5))
        else:
            patch = np.zeros((h, w), np.uint8)
            stroke(patch, pen(source, 5, anywhere(source, h, w), 0.8, k * 0.03), k * source.uniform(0.01, 0.05))
            rough = (patch > 0) & (source.rand(h, w) < source.uniform(0.2, 0.8))
            light[rough] = 230
    paper = np.array([1, source.uniform(0.93, 1), source.uniform(0.8, 1)], dtype=np.float32) * source.uniform(0.82, 1)
    ink = np.array([source.uniform(0, 0.2)] * 3, dtype=np.float32)
    y = cover(y, light, paper, source.uniform(0, 0.9))
    return cover(y, dark, ink, source.uniform(0, 0.9))


def film(x, severity, source):
    """A scanned negative or a projected film: vertical scratches, hairs and dust, all white or all black."""
    h, w = x.shape[:2]
    mask = np.zeros((h, w), np.uint8)
    for _ in range(source.integer(0, round(lerp((1, 14), severity)))):
        a = source.uniform(0, w)
        top, bottom = (0, h) if source.chance(0.5) else sorted((source.uniform(0, h), source.uniform(0, h)))
        stroke(mask, [(a, top), (a + source.uniform(-3, 3), bottom)], source.uniform(1, 2.2), source.integer(60, 220))
    for _ in range(source.integer(1, round(lerp((2, 20), severity)))):
        stroke(mask, pen(source, 14, anywhere(source, h, w), 0.5, source.uniform(1.5, 7)), source.uniform(1, 2), source.integer(120, 255))
    specks(source, mask, round(lerp(P["dust"], severity)))
    return cover(x, mask, np.array([source.choice([1.0, 0.96, 0.03])] * 3, dtype=np.float32), source.uniform(0, 0.6))


def specks(source, mask, count):
    h, w = mask.shape
    for _ in range(count):
        size = source.logarithmic(P["speck"])
        strength = round(source.integer(120, 255) * min(1, size))  # the finest cover less than a pixel
        cv2.ellipse(mask, tuple(round(c) for c in anywhere(source, h, w)), (max(1, round(size)), max(1, round(size * source.uniform(0.4, 1)))), source.uniform(0, 180), 0, 360, strength, -1, cv2.LINE_AA)


def drawn_on(x, severity, source):
    """Strokes of a brush or a pen, blots, handwriting, thin scratches, in one colour each."""
    h, w = x.shape[:2]
    k = max(h, w)
    y = x
    for what in source.choice([("brush",), ("pen",), ("blot",), ("hand",), ("brush", "blot"), ("pen", "hand"), ("scratch",), ("scratch", "blot")]):
        mask = np.zeros((h, w), np.uint8)
        for _ in range(source.integer(1, max(1, round(lerp(P["marks"], severity) / (6 if what == "brush" else 2))))):
            if what == "brush":
                stroke(mask, pen(source, source.integer(3, 9), anywhere(source, h, w), 0.9, k * source.uniform(0.03, 0.09)), k * source.logarithmic(P["stroke"]))
            elif what == "pen":
                stroke(mask, pen(source, source.integer(8, 24), anywhere(source, h, w), 0.7, k * source.uniform(0.01, 0.05)), source.uniform(1.5, 4))
            elif what == "scratch":
                stroke(mask, pen(source, 7, anywhere(source, h, w), 0.35, k * source.uniform(0.02, 0.1)), source.uniform(1, 3.5))
            elif what == "blot":
                r = source.logarithmic((2, 0.04 * k + 3))
                cx, cy = anywhere(source, h, w)
                for _ in range(source.integer(2, 5)):
                    cv2.ellipse(mask, (round(cx + source.uniform(-r, r)), round(cy + source.uniform(-r, r))), (max(1, round(r * source.uniform(0.4, 1.1))), max(1, round(r * source.uniform(0.4, 1.1)))), 0, 0, 360, 255, -1, cv2.LINE_AA)
            else:
                written(source, mask)
        colour = np.array(source.choice([(0, 0, 0), (1, 1, 1), (source.uniform(0, 1), source.uniform(0, 1), source.uniform(0, 1))]), dtype=np.float32)
        y = cover(y, mask, colour, source.uniform(0, 0.7), source.uniform(0.85, 1))
    return y


def written(source, mask):
    """Joined loops along a line: somebody signed it."""
    h, w = mask.shape
    size, (cx, cy), turn = source.uniform(0.012, 0.05) * max(h, w), anywhere(source, h, w), source.uniform(-0.5, 0.5)
    loops = []
    for i in range(source.integer(12, 60)):
        t = i * 0.9
        loops.append((cx + math.cos(turn) * t * size * 0.3 + math.sin(t) * size * source.uniform(0.2, 0.7), cy + math.sin(turn) * t * size * 0.3 - math.cos(t) * size * source.uniform(0.3, 1.1)))
    stroke(mask, loops, source.uniform(1, 3))


def cover(x, mask, colour, soft, opacity=1.0):
    alpha = gaussian(mask.astype(np.float32) / 255, soft)[..., None] * opacity
    return x * (1 - alpha) + colour * alpha
