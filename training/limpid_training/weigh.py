"""Chooses the probability from which each fault counts as present: where its expert begins to gain more than it spoils.

On held-out photographers, with whole pictures through router, backbone and experts as they ship: for each picture and each expert,
what acting would add in dB, beside the probability that the router gave. The threshold is the one with the largest sum of gains, no
lower than where clean pictures stay alone.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from .damage import DEGRADATIONS, Source, degrade, encode, original, rounded
from .networks import use_experts
from .photographs import frame, load_photos, without
from .router_data import PAGES, Draw, views_of
from .run import pick_device, save_checkpoint
from .train_base import load_restorer, mixture_of
from .train_embedding import load_router

#: A result that is nearer than this to its original, in dB, counts as equal to it.
CEILING = 45.0
#: Share of the clean held-out pictures that each fault may take for damaged, a tenth of what all may.
FALSE_ALARMS = 0.004
LOWEST, HIGHEST = 0.4, 0.97
SIZE = (288, 384)


def psnr(x: np.ndarray, clean: np.ndarray) -> float:
    return min(CEILING, float(-10 * np.log10(np.square(x - clean).mean() + 1e-10)))


def train(arguments) -> None:
    device = pick_device(arguments.device)
    out = Path(arguments.out)
    router = load_router(out, device)
    restorer = load_restorer(out, device)
    photos = without(load_photos(arguments.photos, True), set(DEGRADATIONS))
    source = Source(arguments.seed + 77)

    @torch.no_grad()
    def restored(x: np.ndarray, embedding, names) -> np.ndarray:
        use_experts(restorer.backbone, restorer.experts, mixture_of(names).to(device))
        image = torch.from_numpy(x).permute(2, 0, 1)[None].to(device)
        return rounded(restorer.backbone(image, embedding)[0].permute(1, 2, 0).cpu().numpy())

    probabilities, benefits, clean_rows = [], [], []
    for _ in range(arguments.steps):
        faults = Draw(clean=0.25).faults(source)
        clean = rounded(original(frame(photos, *SIZE, source, PAGES if not faults else 0).pixels, faults, source))
        x = degrade(clean, faults, source)
        if source.chance(0.5):
            x = encode(x, source.integer(75, 98), source.chance(0.25))
        x = rounded(x)
        windows, scene = (torch.from_numpy(np.ascontiguousarray(v)).to(device) for v in views_of(x, 1.0))
        with torch.no_grad():
            logits, embedding = router(windows.permute(0, 3, 1, 2)[None], scene.permute(2, 0, 1)[None])
        chances = torch.sigmoid(logits)[0].cpu().numpy()
        # Only what could be chosen is tried: below the lowest threshold nothing acts.
        benefit = np.full(len(DEGRADATIONS), np.nan)
        for index in np.flatnonzero(chances >= LOWEST):
            benefit[index] = psnr(restored(x, embedding, [DEGRADATIONS[index]]), clean) - psnr(x, clean)
        probabilities.append(chances)
        benefits.append(benefit)
        clean_rows.append(not faults)
    chances, benefits, clean_rows = np.array(probabilities), np.array(benefits), np.array(clean_rows)
    limits = {}
    for index, name in enumerate(DEGRADATIONS):
        alone = np.quantile(chances[clean_rows, index], 1 - FALSE_ALARMS)
        steps = np.arange(LOWEST, HIGHEST + 1e-6, 0.01)
        sums = [np.nansum(benefits[chances[:, index] >= at, index]) for at in steps]
        limits[name] = round(float(min(HIGHEST, max(alone, steps[int(np.argmax(sums))]))), 2)
        acted = chances[:, index] >= limits[name]
        print(f"{name}: threshold {limits[name]}, acts on {acted.sum()} of {len(acted)}, {np.nanmean(benefits[acted, index]):+.2f} dB each", flush=True)
    acted = chances >= np.array([limits[name] for name in DEGRADATIONS])
    print(f"clean pictures left alone: {1 - acted[clean_rows].any(1).mean():.3f} of {clean_rows.sum()}", flush=True)
    path = out / "router.pt"
    save_checkpoint(path, {**torch.load(path, map_location=device), "thresholds": limits})
