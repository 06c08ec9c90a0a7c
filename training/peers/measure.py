"""Measures classical methods on the pairs that ``limpid evaluate --write-pairs`` wrote; for ``--peers``."""

from __future__ import annotations

import argparse
import json
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import skimage
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from methods import TOLD_WHERE, methods_for

LUMA = np.array([65.481, 128.553, 24.966])
GAUSSIAN = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}

#: The metrics of ``limpid evaluate``: what becomes of a picture first, and the window of SSIM.
METRICS = {
    "rgb": (None, GAUSSIAN),
    "rgb-uniform7": (None, {"win_size": 7}),
    "y": (LUMA, GAUSSIAN),
    "y-uniform11": (LUMA, {"win_size": 11}),
    "y-bgr-uniform11": (LUMA[::-1], {"win_size": 11}),
}


def read(path: Path) -> np.ndarray:
    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if image is None:
        raise SystemExit(f"{path} cannot be read")
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB)


def score(image: np.ndarray, clean: np.ndarray, metric: str) -> dict[str, float]:
    weights, window = METRICS[metric]

    def prepare(picture: np.ndarray) -> np.ndarray:
        return picture / 255 if weights is None else (16 + picture @ weights / 255) / 255

    a, b = prepare(image.astype(np.float64)), prepare(clean.astype(np.float64))
    axis = 2 if weights is None else None
    return {
        "psnr": float(peak_signal_noise_ratio(b, a, data_range=1)),
        "ssim": float(structural_similarity(b, a, data_range=1, channel_axis=axis, **window)),
    }


def measure(pair: dict, folder: Path, metrics: list[str]) -> list[dict]:
    """One row a method, and one for the damaged picture itself."""
    damaged, clean = read(folder / pair["damaged"]), read(folder / pair["clean"])
    results = {"input": damaged}
    for name, method in methods_for(pair["degradations"]).items():
        results[name] = method(damaged)
    if len(pair["degradations"]) == 1:
        mask = np.any(damaged != clean, axis=2).astype(np.uint8) * 255
        for name, method in TOLD_WHERE.get(pair["degradations"][0], {}).items():
            results[name] = method(damaged, mask)
    return [
        {
            "method": name,
            "photo": pair["photo"],
            "task": pair["task"],
            "scores": {metric: score(image, clean, metric) for metric in metrics},
        }
        for name, image in results.items()
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pairs", type=Path, help="folder with pairs.json")
    parser.add_argument("-o", "--output", type=Path, required=True, help="JSON file to write")
    parser.add_argument("--metrics", default="rgb", help=f"of {', '.join(METRICS)}, separated by commas")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    arguments = parser.parse_args()
    metrics = arguments.metrics.split(",")
    for metric in metrics:
        if metric not in METRICS:
            parser.error(f"no metric {metric}; there are {', '.join(METRICS)}")
    pairs = json.loads((arguments.pairs / "pairs.json").read_text())["pairs"]
    rows = []
    with ProcessPoolExecutor(arguments.jobs) as pool:
        for index, results in enumerate(pool.map(partial(measure, folder=arguments.pairs, metrics=metrics), pairs)):
            rows.extend(results)
            print(f"{index + 1} of {len(pairs)}  {pairs[index]['task']}  {pairs[index]['photo']}", file=sys.stderr)
    tools = f"OpenCV {cv2.__version__}, scikit-image {skimage.__version__}"
    arguments.output.write_text(json.dumps({"tools": tools, "rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
