"""Noise as sensors, film and files leave it.

``camera``: shot and read noise of a Bayer mosaic, white balance, bilinear demosaicing, colour matrix, the camera's own smoothing and
sharpening, resized (after CBDNet, UPI and SCUNet's pipelines). ``white``: independent in each channel, the benchmark's kind. ``luma``:
the same in all channels. ``grain``: film, strongest in the midtones. ``impulse``: dead and hot photosites.
"""

import cv2
import numpy as np

from .fields import coded, gaussian, is_grey, linear, luma, resize
from .parameters import PARAMETERS
from .source import Source, geometric

P = PARAMETERS["noise"]
RED_OR_BLUE = np.array([[1, 2, 1], [2, 4, 2], [1, 2, 1]], dtype=np.float32) / 4
GREEN = np.array([[0, 1, 0], [1, 4, 1], [0, 1, 0]], dtype=np.float32) / 4


def noise(x: np.ndarray, severity: float, source: Source, kind: str | None = None) -> np.ndarray:
    """Adds noise whose standard deviation in sRGB is 2.5..52 of 255 in the mean, on a logarithmic scale of severity."""
    kind = kind or source.weighted(P["kinds"])
    sigma = geometric(P["sigma"], severity) / 255
    grey = is_grey(x)
    if kind == "white":
        field = source.normal(*x.shape)
        return x + sigma * (luma(field)[..., None] * 1.5 if grey else field)
    if kind == "luma":
        return x + sigma * source.normal(*x.shape[:2], 1)
    if kind == "impulse":
        return impulses(x, severity, source)
    if kind == "grain":
        return grain(x, sigma, source, grey)
    return camera(x, sigma, source, grey)


def grain(x, sigma, source, grey):
    h, w = x.shape[:2]
    size = source.logarithmic(P["grainSize"])
    one = gaussian(source.normal(h, w), size)[..., None]
    if not grey and source.chance(P["grainColour"]):
        one = 0.6 * one + 0.8 * gaussian(source.normal(h, w, 3), size)
    light = luma(x)[..., None]
    return x + sigma * one / one.std() * (0.35 + 2.6 * light * (1 - light))


def impulses(x, severity, source):
    h, w = x.shape[:2]
    hit = source.rand(h, w) < geometric(P["impulses"], severity)
    whole = source.chance(0.5)  # black and white points, or single channels
    values = (source.rand(h, w, 1 if whole else 3) > 0.5).astype(np.float32)
    mask = hit[..., None] if whole or is_grey(x) else hit[..., None] & (source.rand(h, w, 3) > 0.5)
    return np.where(mask, values if whole else values * mask, x).astype(np.float32)


def camera(x, sigma, source, grey):
    h, w = x.shape[:2]
    scale = source.logarithmic(P["scale"])
    rows, columns = max(16, round(h / scale)), max(16, round(w / scale))
    light = linear(x if (rows, columns) == (h, w) else cv2.resize(x, (columns, rows), interpolation=cv2.INTER_LINEAR))
    gains = np.array([source.between(P["gainRed"]), 1, source.between(P["gainBlue"])], dtype=np.float32)
    read = source.between(P["readShare"])
    raw = np.empty((rows, columns), dtype=np.float32)  # what each photosite receives: RGGB
    for v, u, channel in ((0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 2)):
        raw[v::2, u::2] = light[v::2, u::2, channel] / gains[channel]
    field = source.normal(rows, columns) * np.sqrt((1 - read) * np.clip(raw, 0, 1) + read * 0.05)
    if grey and source.chance(0.85):
        residual = np.repeat(field[..., None], 3, 2)
    else:
        mosaic = np.zeros((rows, columns, 3), dtype=np.float32)
        for v, u, channel in ((0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 2)):
            mosaic[v::2, u::2, channel] = field[v::2, u::2]
        residual = np.stack(
            [cv2.filter2D(mosaic[..., c], -1, GREEN if c == 1 else RED_OR_BLUE, borderType=cv2.BORDER_REFLECT_101) for c in range(3)], -1
        )
        strength = source.between(P["matrix"])
        matrix = np.eye(3, dtype=np.float32) * (1 + strength) - strength / 3
        residual = (residual * gains) @ matrix.T
        chroma = source.between(P["chromaSmooth"])
        if source.chance(0.7) and chroma > 0.3:  # cameras smooth colour more than light
            mean = residual.mean(-1, keepdims=True)
            residual = mean + gaussian(residual - mean, chroma) * source.uniform(0.8, 1 + chroma)
    if source.chance(0.6):
        share = source.uniform(0.3, 1)
        residual = (1 - share) * residual + share * gaussian(residual, source.between(P["smooth"]))
    if (rows, columns) != (h, w):
        residual = resize(residual, h, w)
    residual /= residual[::3, ::3].std() + 1e-6
    # Scaled so that the result's noise, after the tone curve, is as strong as asked for.
    light = linear(x)
    trial = coded(light[::4, ::4] + 0.05 * residual[::4, ::4]) - coded(light[::4, ::4])
    y = coded(light + residual * (0.05 * min(8.0, sigma / (trial.std() + 1e-4))))
    if source.chance(0.35):
        y = y + source.between(P["sharpen"]) * (y - gaussian(y, source.uniform(0.7, 1.4)))
    if not grey and sigma > 0.06:  # in the dark the channels' black levels differ
        y = y + np.array([source.uniform(-1, 1) for _ in range(3)], dtype=np.float32) * source.between(P["cast"])
    return y
