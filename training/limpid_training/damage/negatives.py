"""What is to be left alone: pages, screens, plots, codes and drawings, writing in a scene, and photographs as people develop them."""

from __future__ import annotations

import functools
import math
import string
from pathlib import Path

import cv2
import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from .fields import aperture_kernel, coded, convolve, gaussian, inset, linear, luma, sigmoid, smooth_field
from .source import Source

WORDS = (
    "the of and to in is that for it as was with be by on not he his but at are this have from or had an they which one you were all her "
    "she there would their we him been has when who will no more if out so up said what its about than into them can only other time new "
    "some could these two may first then do any like my now over such our man me even most made after also did many off before must well "
    "back through years where much your way down should because long each just those people how too little state good very make world "
    "invoice total amount open closed street market station exit price file edit view help save cancel settings page figure table"
).split()


@functools.lru_cache
def font_files() -> tuple[str, ...]:
    """The typefaces that come with matplotlib: sans, serif and mono, upright, bold and slanted."""
    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    return tuple(str(p) for p in sorted(folder.glob("*.ttf")) if p.name.startswith(("DejaVu", "STIXGeneral", "cmr", "cmtt", "cmss")) and "Display" not in p.name)


@functools.lru_cache(maxsize=256)
def font(file: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(file, size)


def phrase(source: Source, count: int) -> str:
    words = [source.choice(WORDS) if source.chance(0.8) else str(source.integer(0, 9999)) for _ in range(count)]
    text = " ".join(words)
    return text.upper() if source.chance(0.12) else text.capitalize() if source.chance(0.4) else text


def colour(source: Source, low=0, high=255):
    return tuple(source.integer(low, high) for _ in range(3))


def page(source: Source, h: int, w: int) -> np.ndarray:
    """A picture that no camera took, [h, w, 3] in 0..1."""
    kind = source.weighted({"text": 3, "screen": 3, "plot": 2, "table": 1.5, "code": 1, "drawing": 2, "illustration": 2, "receipt": 1, "flat": 0.5})
    dark = source.chance(0.25)
    ground = colour(source, 10, 60) if dark else source.choice([(255, 255, 255), (255, 255, 255), (250, 247, 240), (232, 240, 250), (245, 245, 245), colour(source, 200, 255)])
    ink = colour(source, 170, 255) if dark else source.choice([(0, 0, 0), (30, 30, 40), colour(source, 0, 110)])
    image = Image.new("RGB", (w, h), ground)
    pen = ImageDraw.Draw(image)
    {"text": text, "screen": screen, "plot": plot, "table": table, "code": code, "drawing": drawing, "illustration": illustration, "receipt": receipt, "flat": flat}[kind](pen, source, h, w, ink)
    y = np.asarray(image, dtype=np.float32) / 255
    if kind in ("flat", "illustration") and source.chance(0.5):
        angle = source.uniform(0, 2 * math.pi)
        v, u = np.mgrid[-1 : 1 : h * 1j, -1 : 1 : w * 1j].astype(np.float32)
        y = np.clip(y + (source.uniform(-0.4, 0.4) * (u * math.cos(angle) + v * math.sin(angle)))[..., None], 0, 1)
    if kind in ("text", "table", "receipt", "plot") and source.chance(0.25):
        y = photographed(y, source)
    return y


def smooth(source: Source, h: int, w: int) -> np.ndarray:
    """What has next to no detail, [h, w, 3] in 0..1: a clear sky, a wall, a backdrop out of focus. Here eyes see whatever a network adds."""
    first = np.array(colour(source, 25, 245), dtype=np.float32) / 255
    second = np.clip(first + source.normal(3) * source.uniform(0.02, 0.25), 0, 1).astype(np.float32)
    angle = source.uniform(0, 2 * math.pi)
    v, u = np.mgrid[-0.5 : 0.5 : h * 1j, -0.5 : 0.5 : w * 1j].astype(np.float32)
    share = np.clip(0.5 + (u * math.cos(angle) + v * math.sin(angle)) + source.uniform(0, 0.6) * (smooth_field(source, h, w, 3) - 0.5), 0, 1)
    grain = gaussian(source.normal(h, w, 3), source.uniform(0.3, 1.2)) * source.uniform(0, 2) / 255
    return np.clip(first + share[..., None] * (second - first) + grain, 0, 1).astype(np.float32)


def text(pen, source, h, w, ink, left=None, right=None):
    file, size = source.choice(font_files()), source.integer(8, 30)
    left, right = left or source.integer(2, max(3, w // 8)), right or w - source.integer(2, max(3, w // 8))
    y = source.integer(-8, 30)
    while y < h:
        heading = source.chance(0.1)
        f = font(file, size * 2 if heading else size)
        line = phrase(source, source.integer(1, 4) if heading else max(2, int((right - left) / (size * 2.6))))
        pen.text((left, y), line, fill=ink, font=f)
        y += int(size * (2.8 if heading else source.uniform(1.25, 1.5) if source.chance(0.9) else 3))


def screen(pen, source, h, w, ink):
    accent = colour(source)
    pen.rectangle((0, 0, w, source.integer(16, 40)), fill=accent)
    side = source.integer(0, w // 4)
    pen.rectangle((0, 0, side, h), fill=colour(source, 30, 245))
    f = font(source.choice(font_files()), source.integer(9, 20))
    y = 40
    while y < h:
        x = side + source.integer(4, 40)
        if source.chance(0.4):
            width = source.integer(30, max(31, w // 2))
            pen.rounded_rectangle((x, y, x + width, y + 24), source.integer(0, 8), fill=accent if source.chance(0.4) else None, outline=ink)
            pen.text((x + 6, y + 4), phrase(source, 2), fill=ink, font=f)
        elif source.chance(0.3):
            pen.ellipse((x, y, x + 20, y + 20), fill=colour(source))
        pen.text((x + source.integer(0, 60), y + 2), phrase(source, source.integer(1, 7)), fill=ink, font=f)
        y += source.integer(18, 60)
    for row in range(30, h, source.integer(24, 50)):
        pen.text((4, row), phrase(source, 1), fill=ink, font=f)


def plot(pen, source, h, w, ink):
    left, bottom = source.integer(20, 50), h - source.integer(16, 40)
    pen.line((left, 8, left, bottom, w - 8, bottom), fill=ink, width=source.integer(1, 2))
    f = font(source.choice(font_files()), source.integer(8, 13))
    for i in range(source.integer(3, 8)):
        y = 8 + i * (bottom - 8) / 7
        pen.text((2, y), str(source.integer(0, 999)), fill=ink, font=f)
        if source.chance(0.5):
            pen.line((left, y, w - 8, y), fill=(200, 200, 200))
    kind = source.choice(["lines", "bars", "points", "pie"])
    for _ in range(source.integer(1, 5)):
        hue = colour(source, 0, 230)
        xs = [left + i * (w - left - 8) / 24 for i in range(25)]
        ys = [source.uniform(10, bottom)]
        for _ in range(24):
            ys.append(float(np.clip(ys[-1] + source.uniform(-0.12, 0.12) * h, 10, bottom)))
        if kind == "lines":
            pen.line(list(zip(xs, ys)), fill=hue, width=source.integer(1, 3))
        elif kind == "bars":
            for x, y in list(zip(xs, ys))[:: source.integer(2, 4)]:
                pen.rectangle((x, y, x + 8, bottom), fill=hue)
        elif kind == "points":
            for _ in range(source.integer(20, 200)):
                x, y, r = source.uniform(left, w), source.uniform(8, bottom), source.integer(1, 3)
                pen.ellipse((x - r, y - r, x + r, y + r), fill=hue)
        else:
            pen.pieslice((w * 0.2, h * 0.15, w * 0.7, h * 0.8), source.integer(0, 360), source.integer(0, 360), fill=hue)
    pen.text((w * 0.3, 2), phrase(source, 4), fill=ink, font=f)


def table(pen, source, h, w, ink):
    f = font(source.choice(font_files()), source.integer(8, 16))
    row, column = source.integer(14, 34), source.integer(40, 120)
    for y in range(4, h, row):
        for x in range(4, w, column):
            pen.text((x + 3, y + 1), phrase(source, 1) if source.chance(0.4) else f"{source.uniform(0, 100):.2f}", fill=ink, font=f)
        pen.line((0, y, w, y), fill=ink if source.chance(0.5) else (190, 190, 190))
    if source.chance(0.5):
        for x in range(4, w, column):
            pen.line((x, 0, x, h), fill=ink)


def code(pen, source, h, w, ink):
    """A matrix code or bars."""
    cell = source.integer(2, 12)
    size = min(h, w) // cell - 2
    if source.chance(0.3):
        x = w // 10
        while x < w * 9 // 10:
            width = source.integer(1, 5)
            pen.rectangle((x, h // 5, x + width, h * 4 // 5), fill=ink)
            x += width + source.integer(1, 5)
        return
    x0, y0 = source.integer(0, max(0, w - size * cell)), source.integer(0, max(0, h - size * cell))
    dots = source.rand(size, size) > 0.5
    for v, u in zip(*np.nonzero(dots)):
        pen.rectangle((x0 + u * cell, y0 + v * cell, x0 + u * cell + cell - 1, y0 + v * cell + cell - 1), fill=ink)


def drawing(pen, source, h, w, ink):
    """Line art: outlines, arcs, hatching."""
    width = source.integer(1, 4)
    for _ in range(source.integer(5, 40)):
        x, y, a, b = source.uniform(0, w), source.uniform(0, h), source.uniform(5, w / 2), source.uniform(5, h / 2)
        kind = source.choice(["line", "arc", "box", "curve"])
        if kind == "line":
            pen.line((x, y, x + a - w / 4, y + b - h / 4), fill=ink, width=width)
        elif kind == "arc":
            pen.arc((x, y, x + a, y + b), source.integer(0, 360), source.integer(0, 360), fill=ink, width=width)
        elif kind == "box":
            pen.rectangle((x, y, x + a, y + b), outline=ink, width=width)
        else:
            points, angle = [(x, y)], source.uniform(0, 6)
            for _ in range(10):
                angle += source.uniform(-0.6, 0.6)
                points.append((points[-1][0] + 12 * math.cos(angle), points[-1][1] + 12 * math.sin(angle)))
            pen.line(points, fill=ink, width=width)


def illustration(pen, source, h, w, ink):
    """Flat shapes in flat colours, as drawn by vector programs and in cartoons."""
    base = [colour(source) for _ in range(source.integer(3, 7))]
    for _ in range(source.integer(4, 60)):
        x, y, r = source.uniform(-0.1, 1) * w, source.uniform(-0.1, 1) * h, source.logarithmic((4, 0.5 * w))
        hue = source.choice(base)
        kind = source.choice(["ellipse", "polygon", "box", "tree"])
        if kind == "ellipse":
            pen.ellipse((x, y, x + r, y + r * source.uniform(0.4, 1.4)), fill=hue, outline=ink if source.chance(0.3) else None)
        elif kind == "box":
            pen.rounded_rectangle((x, y, x + r, y + r), int(r * 0.2), fill=hue)
        else:
            n = 3 if kind == "tree" else source.integer(3, 8)
            pen.polygon([(x + r * math.cos(2 * math.pi * i / n - 1.57), y + r * math.sin(2 * math.pi * i / n - 1.57)) for i in range(n)], fill=hue)
    if source.chance(0.4):
        pen.text((w * 0.1, h * 0.1), phrase(source, 3), fill=ink, font=font(source.choice(font_files()), source.integer(14, 60)))


def receipt(pen, source, h, w, ink):
    narrow = source.uniform(0.45, 1)
    left = int(w * (1 - narrow) / 2)
    pen.rectangle((left, 0, w - left, h), fill=(250, 250, 246))
    text(pen, source, h, w, (40, 40, 46), left + 8, w - left - 8)


def flat(pen, source, h, w, ink):
    for _ in range(source.integer(0, 2)):
        pen.rectangle((source.uniform(0, w / 2), source.uniform(0, h / 2), source.uniform(w / 2, w), source.uniform(h / 2, h)), fill=colour(source))


def photographed(y, source):
    """A page on a table: seen at an angle, in uneven light, slightly soft."""
    h, w = y.shape[:2]
    corners = np.array([(0, 0), (w, 0), (w, h), (0, h)], dtype=np.float32)
    moved = corners + np.array([[source.uniform(-0.08, 0.12) * w * (1 if i in (0, 3) else -1), source.uniform(-0.08, 0.12) * h * (1 if i < 2 else -1)] for i in range(4)], dtype=np.float32)
    table_top = tuple(source.uniform(0.05, 0.6) for _ in range(3))
    y = cv2.warpPerspective(y, cv2.getPerspectiveTransform(corners, moved), (w, h), flags=cv2.INTER_AREA, borderValue=table_top)
    light = 1 - source.uniform(0.05, 0.3) * smooth_field(source, h, w, 2)
    return np.clip(gaussian(y, source.uniform(0.2, 0.6)) * light[..., None] * np.array([1, source.uniform(0.94, 1), source.uniform(0.85, 1)], dtype=np.float32), 0, 1)


def signed(x: np.ndarray, source: Source) -> np.ndarray:
    """Writing that belongs to the scene or the picture: a sign, a number plate, a caption, a watermark, a date."""
    h, w = x.shape[:2]
    kind = source.choice(["sign", "sign", "plate", "caption", "date"])
    image = Image.fromarray((x * 255 + 0.5).astype(np.uint8))
    size = source.integer(9, max(10, h // (6 if kind in ("sign", "plate") else 16)))
    f = font(source.choice(font_files()), size)
    words = "".join(source.choice(string.ascii_uppercase + string.digits) for _ in range(7)) if kind == "plate" else f"{source.integer(1980, 2026)} {source.integer(1, 12)} {source.integer(1, 28)}" if kind == "date" else phrase(source, source.integer(1, 5))
    left, top, right, bottom = f.getbbox(words)
    board = Image.new("RGBA", (right + size, bottom + size // 2), (0, 0, 0, 0))
    pen = ImageDraw.Draw(board)
    if kind in ("sign", "plate"):
        ground = source.choice([(250, 250, 250), (240, 210, 40), (20, 60, 140), (20, 110, 60), (170, 20, 20), colour(source)])
        ink = (10, 10, 10) if sum(ground) > 380 else (245, 245, 245)
        pen.rounded_rectangle((0, 0, board.width - 1, board.height - 1), size // 6, fill=ground, outline=ink)
        pen.text((size // 2, size // 4), words, fill=ink, font=f)
    else:
        tone = (255, 140, 30, 255) if kind == "date" else source.choice([(255, 255, 255, 255), (255, 255, 255, 140), (0, 0, 0, 255)])
        pen.text((size // 2, size // 4), words, fill=tone, font=f)
    if kind == "sign" and source.chance(0.6):
        board = board.rotate(source.uniform(-15, 15), expand=True, resample=Image.Resampling.BICUBIC)
    at = (source.integer(0, max(0, w - board.width)), h - board.height - 4 if kind in ("caption", "date") else source.integer(0, max(0, h - board.height)))
    image.paste(board, at, board)
    return np.asarray(image, dtype=np.float32) / 255


def developed(x: np.ndarray, source: Source) -> np.ndarray:
    """A photograph as somebody else might have exposed, developed and prepared it: all of these are to be left alone."""
    if source.chance(0.5):
        x = np.clip(x, 1e-4, 1) ** math.exp(source.uniform(-0.4, 0.4))
    if source.chance(0.5):
        mean = x.mean()
        x = mean + (x - mean) * source.uniform(0.8, 1.2)
    if source.chance(0.13):
        tone = source.choice([(1, 1, 1), (1, 1, 1), (1, 1, 1), (1.05, 0.98, 0.88), (0.96, 1, 1.05)])
        x = luma(np.clip(x, 0, 1))[..., None] * np.array(tone, dtype=np.float32)
    elif source.chance(0.35):
        grey = luma(x)[..., None]
        x = grey + (x - grey) * source.uniform(0.4, 1.3)
    if source.chance(0.2):
        x = x * np.array([source.uniform(0.88, 1.08), 1, source.uniform(0.82, 1.1)], dtype=np.float32)
    x = np.clip(x, 0, 1)
    if source.chance(0.15):
        x = np.clip(x + source.uniform(0.1, 0.7) * (x - gaussian(x, source.uniform(0.6, 1.5))), 0, 1)
    if source.chance(0.1):
        x = vignetted(x, source)
    if source.chance(0.06):
        x = shallow(x, source)
    if source.chance(0.04):
        x = signed(x, source)
    if source.chance(0.03):
        x = framed(x, source)
    return x.astype(np.float32)


def vignetted(x, source):
    h, w = x.shape[:2]
    v, u = np.mgrid[-1 : 1 : h * 1j, -1 : 1 : w * 1j].astype(np.float32)
    return x * (1 - source.uniform(0.1, 0.5) * np.clip((u * u + v * v) / 2, 0, 1))[..., None]


def shallow(x, source):
    """A subject in focus before a background that is not: lamps behind it become discs."""
    h, w = x.shape[:2]
    v, u = np.mgrid[-1 : 1 : h * 1j, -1 : 1 : w * 1j].astype(np.float32)
    du, dv = (u - source.uniform(-0.5, 0.5)) / source.uniform(0.3, 0.8), (v - source.uniform(-0.5, 0.5)) / source.uniform(0.3, 1)
    sharp = sigmoid((1 - np.sqrt(du * du + dv * dv)) / source.uniform(0.05, 0.3))[..., None]
    light = linear(x)
    light = light * (1 + source.uniform(0, 6) * np.clip((luma(x)[..., None] - 0.8) / 0.2, 0, 1))
    soft = coded(convolve(light, aperture_kernel(source.uniform(2, 11), source.choice([0, 0, 6, 8]))))
    return x * sharp + soft * (1 - sharp)


def framed(x, source):
    """A border of one tone, or bars above and below."""
    h, w = x.shape[:2]
    tone = source.choice([0.0, 1.0, 1.0, source.uniform(0, 1)])
    top, side = source.integer(1, h // 6), source.integer(0, w // 8)
    return np.clip(inset(x, top, side, top, side, tone), 0, 1)
