"""Chooses the probability from which each fault counts as present: where its expert begins to gain more than it spoils.

On held-out photographers, with whole pictures through router, backbone and experts as they ship: for each picture and each expert,
what acting would add in dB to what the most probable one gains, beside the probability that the router gave. The threshold is the
lowest one with nearly the largest sum of gains, no lower than where clean pictures stay alone: each fault may take as many of them for
damaged as every other. Those are of all photographs, since the held-out ones are so few that two of them would decide; the router has as
many false alarms among the others. A photograph that people would disagree about is to be left alone, too.

Beside a more probable fault another one must reach a threshold that all share, where what second experts add to first ones is most.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from .damage import DEGRADATIONS, Source, degrade, encode, original, rounded
from .networks import use_experts
from .photographs import frame, load_photos, without
from .router_data import PAGES, Draw, view_tensors
from .run import pick_device, save_checkpoint
from .train_base import load_restorer, mixture_of
from .train_router import load_router

#: A result that is nearer than this to its original, in dB, counts as equal to it.
CEILING = 45.0
#: Share of the clean pictures that all faults together may take for damaged, and how many are looked at for it. Less than the 4 % that are to
#: hold for the photographs of strangers.
FALSE_ALARMS, CLEAN_PICTURES = 0.025, 8000
LOWEST, HIGHEST = 0.4, 0.97
#: Share of the largest sum of gains that will do, or so many dB a picture less.
NEARLY, LESS = 0.9, 0.02
#: Thresholds to either side, 0.01 each, that what a second expert adds is averaged over.
NEARBY = 5
SIZE = (288, 384)


def psnr(x: np.ndarray, clean: np.ndarray) -> float:
    return min(CEILING, float(-10 * np.log10(np.square(x - clean).mean() + 1e-10)))


def train(arguments) -> None:
    device = pick_device(arguments.device)
    out = Path(arguments.out)
    router = load_router(out, device)
    restorer = load_restorer(out, device)
    photos = without(load_photos(arguments.photos, True), set(DEGRADATIONS))
    everyone = photos + without(load_photos(arguments.photos, False), set(DEGRADATIONS))
    source = Source(arguments.seed + 77)

    @torch.no_grad()
    def restored(x: np.ndarray, embedding, names) -> np.ndarray:
        use_experts(restorer.backbone, restorer.experts, mixture_of(names).to(device))
        image = torch.from_numpy(x).permute(2, 0, 1)[None].to(device)
        return rounded(restorer.backbone(image, embedding)[0].permute(1, 2, 0).cpu().numpy())

    @torch.no_grad()
    def looked_at(x: np.ndarray):
        logits, embedding = router(*(view[None].to(device) for view in view_tensors(x)))
        return torch.sigmoid(logits)[0].cpu().numpy(), embedding

    def saved(x: np.ndarray) -> np.ndarray:
        return rounded(encode(x, source.integer(75, 98), source.chance(0.25)) if source.chance(0.5) else x)

    probabilities, benefits = [], []
    for _ in range(arguments.steps):
        faults = Draw(clean=0.25).faults(source)
        framed = frame(photos, *SIZE, source, PAGES if not faults else 0)
        clean = rounded(original(framed.pixels, faults, source))
        x = saved(degrade(clean, faults, source))
        chances, embedding = looked_at(x)
        # Only what could be chosen is tried: below the lowest threshold nothing acts. The most probable one acts alone, the others beside it.
        benefit = np.full(len(DEGRADATIONS), np.nan)
        first, before = [], psnr(x, clean)
        for index in sorted(np.flatnonzero(chances >= LOWEST), key=lambda i: -chances[i]):
            after = psnr(restored(x, embedding, [*first, DEGRADATIONS[index]]), clean)
            if DEGRADATIONS[index] not in framed.doubtful:
                benefit[index] = after - before
            if not first:
                first, before = [DEGRADATIONS[index]], after
        probabilities.append(chances)
        benefits.append(benefit)
    chances, benefits = np.array(probabilities), np.array(benefits)
    alone = np.zeros((CLEAN_PICTURES, len(DEGRADATIONS)))
    for row in alone:
        row[:] = looked_at(saved(frame(everyone, *SIZE, source, PAGES).pixels))[0]
    steps = np.arange(LOWEST, HIGHEST + 1e-6, 0.01)
    beside = chances < chances.max(1, keepdims=True)
    added = np.array([np.nansum(benefits[beside & (chances >= at)]) for at in steps])
    # Few pictures decide each sum, so their mean over the thresholds nearby counts.
    nearby = np.convolve(np.pad(added, NEARBY, "edge"), np.ones(2 * NEARBY + 1), "valid")
    second = float(steps[nearby.argmax()].round(2))
    print("sums of what second experts add", " ".join(f"{at:.2f}: {total:+.0f}" for at, total in zip(steps[::5], added[::5])), flush=True)
    benefits[beside & (chances < second)] = np.nan
    sums = np.array([np.nansum(np.where(chances >= at, benefits, 0), 0) for at in steps])
    # The lowest one of those that gain nearly as much: what is real is less sure than what we made.
    largest = sums.max(0)
    best = steps[(sums >= np.minimum(NEARLY * largest, largest - LESS * len(chances))).argmax(0)]

    def limits_at(rate: float) -> np.ndarray:
        return np.minimum(HIGHEST, np.maximum(best, np.quantile(alone, 1 - rate, axis=0))).round(2)

    def false_alarms(limits: np.ndarray) -> float:
        return (alone >= limits).any(1).mean()

    rate = max((r for r in np.arange(0, FALSE_ALARMS, 0.0005) if false_alarms(limits_at(r)) <= FALSE_ALARMS), default=0)
    limits = limits_at(rate)
    for index, name in enumerate(DEGRADATIONS):
        acted = chances[:, index] >= limits[index]
        gain = np.nanmean(benefits[acted, index]) if np.isfinite(benefits[acted, index]).any() else float("nan")
        print(f"{name}: threshold {limits[index]}, {best[index]:.2f} by gains, acts on {acted.sum()} of {len(acted)}, {gain:+.2f} dB each", flush=True)
        print("   sums of gains", " ".join(f"{at:.2f}: {total:.0f}" for at, total in zip(steps[::5], sums[::5, index])), flush=True)
    print(f"beside another one: {second}; clean pictures left alone: {1 - false_alarms(limits):.3f} of {CLEAN_PICTURES}", flush=True)
    path = out / "router.pt"
    thresholds = dict(zip(DEGRADATIONS, map(float, limits)))
    save_checkpoint(path, {**torch.load(path, map_location=device), "thresholds": thresholds, "second_threshold": second})
