"""Synthesis of the ten degradations on float images.

Every function takes one clean image ``x`` of shape [3, H, W], sRGB-coded, in 0..1, a ``severity``
in 0..1 (0 barely visible, 1 the worst that the models are trained for) and a ``random.Random``-like
source built from one seed (:class:`Source`), and returns the damaged image, same shape, clipped to
0..1 but not rounded. :func:`degrade` chains them in the physical order and rounds to 8 bits.

The TypeScript twin, for pack authors and the evaluator, is ``src/sdk/training/recipes``. The two
draw from the same distributions, not the same random numbers.
"""

from __future__ import annotations

import io
import math
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image, ImageDraw, ImageFont

#: The degradations, in the order of the router's outputs.
DEGRADATIONS = (
    "noise",
    "jpeg",
    "blur",
    "rain",
    "raindrop",
    "haze",
    "snow",
    "low-light",
    "shadow",
    "inpainting",
)

#: The order in which faults happen to a photograph: scene, lens, sensor, file, then the print.
PHYSICAL_ORDER = (
    "low-light",
    "shadow",
    "haze",
    "rain",
    "snow",
    "raindrop",
    "blur",
    "noise",
    "jpeg",
    "inpainting",
)


class Source:
    """One seeded stream of random numbers for scalars (numpy) and fields (torch)."""

    def __init__(self, seed: int):
        self.numbers = np.random.default_rng(seed)
        self.fields = torch.Generator().manual_seed(int(self.numbers.integers(2**31)))

    def uniform(self, low: float, high: float) -> float:
        return float(self.numbers.uniform(low, high))

    def chance(self, probability: float) -> bool:
        return bool(self.numbers.random() < probability)

    def integer(self, low: int, high: int) -> int:
        """An integer in low..high, both ends included."""
        return int(self.numbers.integers(low, high + 1))

    def choice(self, items):
        return items[int(self.numbers.integers(len(items)))]

    def normal(self, *shape: int) -> torch.Tensor:
        return torch.randn(shape, generator=self.fields)

    def rand(self, *shape: int) -> torch.Tensor:
        return torch.rand(shape, generator=self.fields)


# --- shared pieces -------------------------------------------------------------------------------


def convolve(x: torch.Tensor, kernel: torch.Tensor) -> torch.Tensor:
    """Convolves [C, H, W] with one [k, k] kernel, borders replicated, by FFT."""
    k = kernel.shape[-1]
    margin = k // 2
    h, w = x.shape[-2:]
    padded = F.pad(x[None], (margin,) * 4, mode="replicate")[0]
    size = (padded.shape[-2] + k - 1, padded.shape[-1] + k - 1)
    spectrum = torch.fft.rfft2(padded, s=size) * torch.fft.rfft2(kernel, s=size)
    return torch.fft.irfft2(spectrum, s=size)[..., 2 * margin : 2 * margin + h, 2 * margin : 2 * margin + w]


def gaussian_kernel(sigma_x: float, sigma_y: float | None = None, theta: float = 0.0) -> torch.Tensor:
    """A normalised, possibly anisotropic Gaussian [k, k]; theta in radians."""
    sigma_y = sigma_x if sigma_y is None else sigma_y
    radius = max(1, math.ceil(3 * max(sigma_x, sigma_y)))
    axis = torch.arange(-radius, radius + 1, dtype=torch.float32)
    v, u = torch.meshgrid(axis, axis, indexing="ij")
    a = u * math.cos(theta) + v * math.sin(theta)
    b = -u * math.sin(theta) + v * math.cos(theta)
    kernel = torch.exp(-0.5 * ((a / sigma_x) ** 2 + (b / sigma_y) ** 2))
    return kernel / kernel.sum()


def line_kernel(length: float, theta: float, width: float = 0.6) -> torch.Tensor:
    """A straight streak [k, k] of given length (px) at theta radians from the x axis, sum 1."""
    radius = max(1, math.ceil(length / 2 + 2 * width))
    axis = torch.arange(-radius, radius + 1, dtype=torch.float32)
    v, u = torch.meshgrid(axis, axis, indexing="ij")
    along = u * math.cos(theta) + v * math.sin(theta)
    across = -u * math.sin(theta) + v * math.cos(theta)
    kernel = torch.clamp(length / 2 + 0.5 - along.abs(), 0, 1) * torch.exp(-0.5 * (across / width) ** 2)
    return kernel / kernel.sum()


def disc_kernel(radius: float) -> torch.Tensor:
    """A defocus disc [k, k] with an antialiased edge, sum 1."""
    r = max(1, math.ceil(radius + 0.5))
    axis = torch.arange(-r, r + 1, dtype=torch.float32)
    v, u = torch.meshgrid(axis, axis, indexing="ij")
    kernel = torch.clamp(radius + 0.5 - torch.sqrt(u * u + v * v), 0, 1)
    return kernel / kernel.sum()


def smooth_field(source: Source, h: int, w: int, cells: int) -> torch.Tensor:
    """A random smooth field [h, w] in 0..1 with about ``cells`` bumps along the long side."""
    rows = max(2, round(cells * h / max(h, w))) + 2
    columns = max(2, round(cells * w / max(h, w))) + 2
    field = F.interpolate(source.rand(1, 1, rows, columns), size=(h, w), mode="bicubic", align_corners=False)[0, 0]
    low, high = field.min(), field.max()
    return (field - low) / (high - low + 1e-6)


def lerp(low: float, high: float, amount: float) -> float:
    return low + (high - low) * amount


# --- the ten -------------------------------------------------------------------------------------


def noise(x: torch.Tensor, severity: float, source: Source, kind: str | None = None) -> torch.Tensor:
    """Gaussian noise of sigma 5..55 (in 255ths), or Poisson, mixed, or colour-correlated noise of like strength."""
    sigma = lerp(5, 55, severity) / 255
    kind = kind or ("gaussian" if source.chance(0.6) else source.choice(["poisson", "mixed", "correlated"]))
    white = source.normal(*x.shape)
    if kind == "gaussian":
        return x + sigma * white
    if kind == "correlated":
        # Demosaicing spreads each photosite over its neighbours, and over the other two channels.
        spread = gaussian_kernel(source.uniform(0.45, 0.9))
        white = convolve(white, spread) / spread.square().sum().sqrt()
        luma = white.mean(0, keepdim=True) * math.sqrt(3)
        share = source.uniform(0.2, 0.8)
        return x + sigma * (math.sqrt(1 - share) * white + math.sqrt(share) * luma)
    # Photon noise: variance proportional to the signal, equal to sigma^2 at mid grey.
    photon = sigma * torch.sqrt(2 * x.clamp(min=1e-4)) * white
    if kind == "poisson":
        return x + photon
    return x + 0.7 * photon + 0.7 * sigma * source.normal(*x.shape)


def encode_jpeg(x: torch.Tensor, quality: int, subsampling: int) -> torch.Tensor:
    """x through libjpeg; ``subsampling`` 0 is 4:4:4 and 2 is 4:2:0."""
    pixels = (x.clamp(0, 1) * 255).round().to(torch.uint8).permute(1, 2, 0).contiguous().numpy()
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=quality, subsampling=subsampling)
    decoded = np.array(Image.open(buffer).convert("RGB"))
    return torch.from_numpy(decoded).permute(2, 0, 1).float() / 255


def jpeg(x: torch.Tensor, severity: float, source: Source) -> torch.Tensor:
    """libjpeg at quality 60..5; one in four encoded twice, the second time off the 8 x 8 grid."""
    quality = round(math.exp(lerp(math.log(60), math.log(5), severity)))
    subsampling = 2 if source.chance(0.75) else 0
    h, w = x.shape[-2:]
    dy, dx = source.integer(0, 7), source.integer(0, 7)
    x = F.pad(x[None], (dx, 0, dy, 0), mode="replicate")[0]
    if source.chance(0.25):
        first = min(95, quality + source.integer(0, 30))
        sy, sx = source.integer(0, 7), source.integer(0, 7)
        shifted = encode_jpeg(F.pad(x[None], (sx, 0, sy, 0), mode="replicate")[0], first, subsampling)
        x = shifted[:, sy:, sx:]
    return encode_jpeg(x, quality, subsampling)[:, dy : dy + h, dx : dx + w]


def blur(x: torch.Tensor, severity: float, source: Source, kind: str | None = None) -> torch.Tensor:
    """Motion (3..25 px), defocus (radius 0.8..5 px) or anisotropic Gaussian blur (sigma 0.7..4 px)."""
    kind = kind or source.choice(["motion", "motion", "defocus", "gaussian"])
    if kind == "motion":
        kernel = line_kernel(lerp(3, 25, severity), source.uniform(0, math.pi), 0.5)
        if source.chance(0.5):  # a hand does not move in a straight line
            bent = line_kernel(lerp(2, 10, severity), source.uniform(0, math.pi), 0.5)
            x = convolve(x, bent)
    elif kind == "defocus":
        kernel = disc_kernel(lerp(0.8, 5, severity))
    else:
        sigma = lerp(0.7, 4, severity)
        kernel = gaussian_kernel(sigma, max(0.4, sigma * source.uniform(0.3, 1)), source.uniform(0, math.pi))
    return convolve(x, kernel)


def streaks(source: Source, h: int, w: int, amount: float, length: float, theta: float, width: float) -> torch.Tensor:
    """One layer of falling streaks [h, w], 0..1."""
    drops = (source.rand(1, h, w) < amount).float() * (0.5 + 0.5 * source.rand(1, h, w))
    kernel = line_kernel(length, theta, width)
    return (convolve(drops, kernel / kernel.max())[0]).clamp(0, 1)


def rain(x: torch.Tensor, severity: float, source: Source) -> torch.Tensor:
    """Streaks of one to three layers (8..60 px, within 35 degrees of upright) under a thin veil."""
    h, w = x.shape[-2:]
    tilt = math.pi / 2 + math.radians(source.uniform(-35, 35))
    layer = torch.zeros(h, w)
    for _ in range(source.integer(1, 3)):
        length = source.uniform(8, lerp(25, 60, severity))
        density = lerp(0.04, 0.35, severity) * source.uniform(0.5, 1.2)
        width = source.uniform(0.4, lerp(0.7, 1.4, severity))
        theta = tilt + math.radians(source.uniform(-4, 4))
        amount = density / (length * (1 + width))
        opacity = source.uniform(0.5, 1) * lerp(0.5, 0.9, severity)
        layer = torch.maximum(layer, opacity * streaks(source, h, w, amount, length, theta, width))
    brightness = source.uniform(0.75, 1)
    veil = source.uniform(0, 0.25) * severity
    y = x * (1 - veil) + veil * source.uniform(0.6, 0.9)
    if source.chance(0.5):
        return y + layer * brightness * 0.7
    return y * (1 - layer) + layer * brightness


def raindrop(x: torch.Tensor, severity: float, source: Source) -> torch.Tensor:
    """Water drops on the lens: each shows the scene upside down, smaller and blurred, with a soft edge."""
    h, w = x.shape[-2:]
    scale = max(0.35, min(h, w) / 400)
    covered = lerp(0.04, 0.3, severity)
    mean_radius = lerp(7, 16, source.uniform(0, 1)) * scale
    count = max(1, round(covered * h * w / (math.pi * mean_radius**2)))
    count = min(count, 250)
    v, u = torch.meshgrid(torch.arange(h, dtype=torch.float32), torch.arange(w, dtype=torch.float32), indexing="ij")
    mask = torch.zeros(h, w)
    offset_u, offset_v = torch.zeros(h, w), torch.zeros(h, w)
    shine = torch.zeros(h, w)
    for _ in range(count):
        radius = mean_radius * source.uniform(0.5, 1.7)
        cu, cv = source.uniform(0, w), source.uniform(0, h)
        stretch = source.uniform(1, 1.4)
        reach = math.ceil(radius * 1.6 + 2)
        top, bottom = max(0, int(cv) - reach), min(h, int(cv) + reach + 1)
        left, right = max(0, int(cu) - reach), min(w, int(cu) + reach + 1)
        if top >= bottom or left >= right:
            continue
        area = (slice(top, bottom), slice(left, right))
        du, dv = u[area] - cu, (v[area] - cv) / stretch
        distance = torch.sqrt(du * du + dv * dv) / radius
        soft = source.uniform(0.1, 0.35)
        drop = torch.clamp((1 - distance) / soft + 0.5, 0, 1)
        inside = drop > mask[area]
        magnify = source.uniform(1.2, 2.6)
        offset_u[area] = torch.where(inside, -du * (1 + magnify), offset_u[area])
        offset_v[area] = torch.where(inside, -dv * stretch * (1 + magnify), offset_v[area])
        shine[area] = torch.where(inside, source.uniform(-0.08, 0.12) * (1 - distance.clamp(0, 1)), shine[area])
        mask[area] = torch.maximum(mask[area], drop)
    grid = torch.stack(((u + offset_u) / max(1, w - 1) * 2 - 1, (v + offset_v) / max(1, h - 1) * 2 - 1), -1)
    soft_scene = convolve(x, gaussian_kernel(lerp(0.8, 2.5, source.uniform(0, 1)) * max(1.0, scale)))
    refracted = F.grid_sample(soft_scene[None], grid[None], mode="bilinear", padding_mode="reflection", align_corners=True)
    opacity = mask * lerp(0.75, 0.98, source.uniform(0, 1))
    return x * (1 - opacity) + (refracted[0] + shine).clamp(0, 1) * opacity


def plausible_depth(source: Source, h: int, w: int) -> torch.Tensor:
    """Scene depth [h, w] in 0..1: far at the top, near at the bottom, with a few objects standing in between."""
    v = torch.linspace(1, 0, h)[:, None].expand(h, w)
    ground = v ** source.uniform(0.6, 1.6)
    objects = smooth_field(source, h, w, source.integer(2, 6))
    share = source.uniform(0.25, 0.75)
    depth = share * ground + (1 - share) * objects
    return (depth - depth.min()) / (depth.max() - depth.min() + 1e-6)


def haze(x: torch.Tensor, severity: float, source: Source) -> torch.Tensor:
    """Atmospheric scattering, y = x t + A (1 - t), t = exp(-beta d); mean transmission about 0.8 down to 0.25."""
    h, w = x.shape[-2:]
    depth = 0.25 + 0.75 * plausible_depth(source, h, w)
    beta = lerp(0.35, 2.2, severity)
    transmission = torch.exp(-beta * depth)
    air = source.uniform(0.7, 1)
    tint = torch.tensor([source.uniform(-0.03, 0.03) for _ in range(3)])[:, None, None]
    return x * transmission + (air + tint).clamp(0, 1) * (1 - transmission)


def snow(x: torch.Tensor, severity: float, source: Source) -> torch.Tensor:
    """Flakes of three sizes, blurred along one wind, y = x (1 - z) + z, under a thin veil."""
    h, w = x.shape[-2:]
    wind = math.pi / 2 + math.radians(source.uniform(-50, 50))
    z = torch.zeros(h, w)
    sizes = ((0.7, 0.06), (1.4, 0.04), (2.8, 0.03))
    for radius, share in sizes:
        radius *= source.uniform(0.7, 1.4)
        coverage = share * lerp(0.25, 2.2, severity) * source.uniform(0.5, 1.5)
        flakes = (source.rand(1, h, w) < coverage / (math.pi * radius**2)).float() * (0.4 + 0.6 * source.rand(1, h, w))
        kernel = disc_kernel(radius)
        motion = line_kernel(max(1.0, radius * source.uniform(0.5, 4)), wind, max(0.4, radius * 0.3))
        layer = convolve(flakes, kernel / kernel.max())
        layer = convolve(layer, motion) * min(3.0, float(motion.shape[-1]) ** 0.5)
        z = torch.maximum(z, layer[0].clamp(0, 1) * source.uniform(0.6, 1))
    veil = source.uniform(0, 0.2) * severity
    return (x * (1 - veil) + veil * 0.85) * (1 - z) + z * source.uniform(0.9, 1)


def low_light(x: torch.Tensor, severity: float, source: Source) -> torch.Tensor:
    """Retinex dimming, y = b (a x)^g + noise: gamma 1.4..3.5, gain down to 0.4, with shadows' noise."""
    gamma = lerp(1.4, 3.2, severity) * source.uniform(0.9, 1.1)
    gain = source.uniform(0.9, 1) * lerp(0.95, 0.45, severity * source.uniform(0.6, 1))
    y = gain * (source.uniform(0.9, 1) * x) ** gamma
    sigma = lerp(0.5, 4, severity) / 255 * source.uniform(0.3, 1.5)
    return y + sigma * source.normal(*x.shape)


def shadow(x: torch.Tensor, severity: float, source: Source) -> torch.Tensor:
    """A cast shadow with a soft edge: a wandering region multiplied by 0.75..0.25, a little bluer."""
    h, w = x.shape[-2:]
    field = smooth_field(source, h, w, source.integer(2, 5))
    if source.chance(0.5):  # half of them are cast by something straight
        angle = source.uniform(0, 2 * math.pi)
        v, u = torch.meshgrid(torch.linspace(-1, 1, h), torch.linspace(-1, 1, w), indexing="ij")
        ramp = u * math.cos(angle) + v * math.sin(angle)
        field = 0.25 * field + 0.75 * (ramp * 0.5 + 0.5)
    threshold = torch.quantile(field.flatten()[:: max(1, field.numel() // 10000)], source.uniform(0.35, 0.75))
    softness = source.uniform(0.01, 0.12)
    region = torch.sigmoid((field - threshold) / softness)
    dark = lerp(0.75, 0.25, severity)
    tint = torch.tensor([1 - source.uniform(0, 0.12), 1.0, 1 + source.uniform(0, 0.12)])[:, None, None]
    return x * (1 - region) + x * (dark * tint).clamp(max=1) * region


def inpainting(x: torch.Tensor, severity: float, source: Source) -> torch.Tensor:
    """Scratches, hairs, written words and blots of one flat colour each, covering some 1..12 % of the image."""
    h, w = x.shape[-2:]
    side = 2  # drawn at twice the size and reduced, so that edges are antialiased
    goal = lerp(0.012, 0.12, severity)
    y = x
    kinds = source.choice([("scratch",), ("text",), ("blot",), ("scratch", "text"), ("scratch", "blot")])
    reach = max(h, w)
    for kind in kinds:
        layer = Image.new("L", (w * side, h * side), 0)
        pen = ImageDraw.Draw(layer)
        covered = 0.0
        for _ in range(200):
            if covered >= goal / len(kinds):
                break
            if kind == "scratch":
                length = source.uniform(0.2, 1.0) * min(reach, 300)
                angle = source.uniform(0, 2 * math.pi)
                px, py = source.uniform(0, w), source.uniform(0, h)
                width = source.uniform(1, 3.5)
                points = []
                for i in range(8):
                    points.append((px * side, py * side))
                    angle += source.uniform(-0.35, 0.35)
                    px += math.cos(angle) * length / 7
                    py += math.sin(angle) * length / 7
                pen.line(points, fill=255, width=max(1, round(width * side)), joint="curve")
                covered += length * width / (h * w)
            elif kind == "text":
                size = source.uniform(9, 26)
                word = "".join(chr(source.integer(97, 122)) for _ in range(source.integer(4, 22)))
                font = ImageFont.load_default(size=round(size * side))
                pen.text((source.uniform(-0.2, 0.9) * w * side, source.uniform(-0.05, 0.95) * h * side), word, fill=255, font=font)
                covered += len(word) * size * size * 0.14 / (h * w)
            else:
                radius = source.uniform(2, 8)
                px, py = source.uniform(0, w), source.uniform(0, h)
                for _ in range(source.integer(2, 5)):
                    rx, ry = radius * source.uniform(0.5, 1.1), radius * source.uniform(0.5, 1.1)
                    qx, qy = px + source.uniform(-radius, radius), py + source.uniform(-radius, radius)
                    pen.ellipse([(qx - rx) * side, (qy - ry) * side, (qx + rx) * side, (qy + ry) * side], fill=255)
                covered += math.pi * radius**2 * 1.5 / (h * w)
        mask = torch.from_numpy(np.asarray(layer.resize((w, h), Image.Resampling.BOX), dtype=np.float32) / 255)
        grey = source.choice([0.0, 1.0, None, None])
        colour = torch.tensor([source.uniform(0, 1) for _ in range(3)]) if grey is None else torch.full((3,), grey)
        y = y * (1 - mask) + colour[:, None, None] * mask
    return y


RECIPES = {
    "noise": noise,
    "jpeg": jpeg,
    "blur": blur,
    "rain": rain,
    "raindrop": raindrop,
    "haze": haze,
    "snow": snow,
    "low-light": low_light,
    "shadow": shadow,
    "inpainting": inpainting,
}


@dataclass
class Fault:
    """One degradation and how strong it is."""

    degradation: str
    severity: float


def degrade(x: torch.Tensor, faults: list[Fault], seed: int) -> torch.Tensor:
    """Applies the faults in the physical order and rounds to 8 bits. x [3, H, W] in 0..1 -> the same."""
    source = Source(seed)
    for fault in sorted(faults, key=lambda f: PHYSICAL_ORDER.index(f.degradation)):
        x = RECIPES[fault.degradation](x, fault.severity, source).clamp(0, 1)
    return (x * 255).round() / 255
