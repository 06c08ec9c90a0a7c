"""What casts shadows: people, hands, foliage, branches, fences, buildings, umbrellas."""

import math

import cv2
import numpy as np

from .parameters import PARAMETERS
from .source import Source

P = PARAMETERS["shadow"]


def silhouette(source: Source, height: int, width: int) -> np.ndarray:
    """What stands between the light and the scene: a person, foliage, a building, a fence, branches, a hand, or a blob.
    What reaches an edge of the picture goes on beyond it."""
    kind = source.weighted(P["casters"])
    turned = source.chance(P["turned"])
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
