"""Classical restoration on 8-bit RGB pictures: OpenCV's filters, and textbook methods on top of them.

Every method takes the damaged picture [h, w, 3] uint8 and returns the restored one. Those in
:data:`TOLD_WHERE` also take a mask of the damage, which only somebody who has the clean picture can make.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from skimage.restoration import denoise_nl_means

Picture = np.ndarray
Method = Callable[[Picture], Picture]

cv2.setNumThreads(1)


def noise_sigma(image: Picture) -> float:
    """Standard deviation of white noise in 255ths: the median of the finest diagonal Haar coefficients / 0.6745."""
    x = image[: image.shape[0] // 2 * 2, : image.shape[1] // 2 * 2].astype(np.float32)
    diagonal = (x[::2, ::2] - x[1::2, ::2] - x[::2, 1::2] + x[1::2, 1::2]) / 2
    return float(np.median(np.abs(diagonal))) / 0.6745


def to_bytes(image: np.ndarray) -> Picture:
    return np.clip(np.rint(image), 0, 255).astype(np.uint8)


def non_local_means(image: Picture) -> Picture:
    """Buades et al. with the noise's variance taken off the patches' distances; scikit-image."""
    sigma = noise_sigma(image) / 255
    options = {"patch_size": 5, "patch_distance": 6, "fast_mode": True, "channel_axis": 2}
    return to_bytes(255 * denoise_nl_means(image / 255.0, h=max(0.6 * sigma, 1e-3), sigma=sigma, **options))


def opencv_non_local_means(image: Picture) -> Picture:
    strength = noise_sigma(image)
    swapped = np.ascontiguousarray(image[..., ::-1])
    return cv2.fastNlMeansDenoisingColored(swapped, None, strength, strength, 7, 21)[..., ::-1]


def bilateral(image: Picture) -> Picture:
    """The factor is the best of 2, 2.5 and 3.5 on four training photographs."""
    return cv2.bilateralFilter(image, 9, max(3.5 * noise_sigma(image), 10), 3)


def median(image: Picture) -> Picture:
    return cv2.medianBlur(image, 5)


def opening(image: Picture) -> Picture:
    """Takes away what is bright and thinner than three pixels."""
    return cv2.morphologyEx(image, cv2.MORPH_OPEN, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3)))


def unsharp_mask(image: Picture) -> Picture:
    return cv2.addWeighted(image, 2, cv2.GaussianBlur(image, (0, 0), 2), -1, 0)


def wiener(image: Picture) -> Picture:
    """Wiener deconvolution of a Gaussian of 1.8 px with a noise-to-signal ratio of 1 %, edges reflected."""
    margin = 16
    padded = cv2.copyMakeBorder(image, margin, margin, margin, margin, cv2.BORDER_REFLECT_101).astype(np.float32)
    height, width = padded.shape[:2]
    v = np.minimum(np.arange(height), height - np.arange(height))[:, None]
    u = np.minimum(np.arange(width), width - np.arange(width))[None]
    kernel = np.exp(-0.5 * (u * u + v * v) / 1.8**2)
    transfer = np.fft.rfft2(kernel / kernel.sum())[..., None]
    spectrum = np.fft.rfft2(padded, axes=(0, 1)) * np.conj(transfer) / (np.abs(transfer) ** 2 + 0.01)
    sharp = np.fft.irfft2(spectrum, s=(height, width), axes=(0, 1))
    return to_bytes(sharp[margin:-margin, margin:-margin])


def contrast_limited_equalisation(image: Picture) -> Picture:
    lab = cv2.cvtColor(image, cv2.COLOR_RGB2LAB)
    lab[..., 0] = cv2.createCLAHE(clipLimit=2, tileGridSize=(8, 8)).apply(lab[..., 0])
    return cv2.cvtColor(lab, cv2.COLOR_LAB2RGB)


def automatic_gamma(image: Picture) -> Picture:
    """The power that brings the mean of the brightest channel to 0.45."""
    brightness = float(image.max(2).mean()) / 255
    gamma = np.clip(np.log(0.45) / np.log(max(brightness, 1e-3)), 0.2, 1) if brightness < 1 else 1
    return to_bytes(255 * (image / 255.0) ** gamma)


def guided_filter(guide: np.ndarray, source: np.ndarray, radius: int, epsilon: float) -> np.ndarray:
    """He et al., Guided Image Filtering, with a grey guide; both [h, w] in 0..1."""
    size = (2 * radius + 1, 2 * radius + 1)

    def mean(plane: np.ndarray) -> np.ndarray:
        return cv2.boxFilter(plane, -1, size)

    mean_guide, mean_source = mean(guide), mean(source)
    slope = (mean(guide * source) - mean_guide * mean_source) / (mean(guide * guide) - mean_guide**2 + epsilon)
    return mean(slope) * guide + mean(mean_source - slope * mean_guide)


def dark_channel_prior(image: Picture) -> Picture:
    """He et al., Single Image Haze Removal Using Dark Channel Prior: 15 x 15, omega 0.95, t0 0.1, guided by the grey."""
    hazy = image.astype(np.float64) / 255
    window = cv2.getStructuringElement(cv2.MORPH_RECT, (15, 15))
    dark = cv2.erode(hazy.min(2), window)
    brightest = np.argsort(dark, axis=None)[-max(1, dark.size // 1000) :]
    candidates = hazy.reshape(-1, 3)[brightest]
    air = np.maximum(candidates[candidates.sum(1).argmax()], 1e-3)
    transmission = 1 - 0.95 * cv2.erode((hazy / air).min(2), window)
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) / 255.0
    transmission = np.maximum(guided_filter(grey, transmission, 60, 1e-3), 0.1)[..., None]
    return to_bytes(255 * ((hazy - air) / transmission + air))


def telea(image: Picture, mask: np.ndarray) -> Picture:
    return cv2.inpaint(image, mask, 3, cv2.INPAINT_TELEA)


#: Methods by degradation and name.
METHODS: dict[str, dict[str, Method]] = {
    "noise": {
        "non-local means": non_local_means,
        "non-local means of OpenCV": opencv_non_local_means,
        "bilateral": bilateral,
        "median 5 x 5": median,
    },
    "jpeg": {"bilateral": bilateral, "median 5 x 5": median},
    "blur": {"Wiener": wiener, "unsharp mask": unsharp_mask},
    "rain": {"opening": opening, "median 5 x 5": median},
    "snow": {"opening": opening, "median 5 x 5": median},
    "raindrop": {"median 5 x 5": median},
    "haze": {"dark channel prior": dark_channel_prior, "CLAHE": contrast_limited_equalisation},
    "low-light": {"automatic gamma": automatic_gamma, "CLAHE": contrast_limited_equalisation},
    "shadow": {"automatic gamma": automatic_gamma, "CLAHE": contrast_limited_equalisation},
    "inpainting": {"median 5 x 5": median},
}

#: Methods that are told where the damage is.
TOLD_WHERE: dict[str, dict[str, Callable[[Picture, np.ndarray], Picture]]] = {
    "inpainting": {"Telea, told where": telea},
}


def methods_for(degradations: list[str]) -> dict[str, Method]:
    """The methods for one fault; for two also their first ones in a row, the later fault first."""
    methods = {name: method for degradation in degradations for name, method in METHODS[degradation].items()}
    if len(degradations) == 2:
        (earlier, undo_earlier), (later, undo_later) = (
            next(iter(METHODS[degradation].items())) for degradation in degradations
        )
        methods[f"{later}, then {earlier}"] = lambda image: undo_earlier(undo_later(image))
    return methods
