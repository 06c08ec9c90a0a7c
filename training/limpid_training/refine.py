"""Trains the router on, on whole views alone, while its embedding stays near where the backbone has learnt it to be.

``--keep`` says how near: 0.2 for a backbone that is done, 0.02 for one that is trained on afterwards.
"""

from __future__ import annotations

import time
from pathlib import Path

import torch
import torch.nn.functional as F

from .calibrate import MIXTURE as CALIBRATING
from .data import Mixture, Shape, load_photos, stream
from .networks import views
from .run import AveragedWeights, Log, cosine, pick_device, save_checkpoint
from .train_base import load_router
from .train_router import measure

SHAPES = [Shape(96, 16, 1), Shape(192, 10, 2), Shape(288, 6, 2), Shape(400, 3, 1)]
#: Drops and shadows are found last, so they are seen more often; calibration puts the frequencies right afterwards.
MIXTURE = Mixture({**CALIBRATING.weights, "raindrop": 2.0, "shadow": 2.0}, clean=0.18, second=0.28, mildest=0.12)


def train(arguments) -> None:
    device = pick_device(arguments.device)
    out = Path(arguments.out)
    photos, held_out = load_photos(arguments.photos, False), load_photos(arguments.photos, True)
    before = load_router(out, device, arguments.start_from)
    router = load_router(out, device).requires_grad_(True)  # in eval mode: the statistics of normalisation stay
    average = AveragedWeights(router, 0.995)
    average.module.eval()
    optimizer = torch.optim.AdamW(router.parameters(), lr=5e-4, weight_decay=1e-4)
    log = Log(out / "refine.csv", ["step", "rate", "loss", "moved", "top1", "clean", "seconds"], 0)
    began, losses, moves = time.time(), 0.0, 0.0
    loader = stream(photos, MIXTURE, SHAPES, arguments.seed + 500, range(arguments.steps), arguments.workers, upright=True)
    for step, (damaged, _, labels, _, _) in enumerate(loader):
        for group in optimizer.param_groups:
            group["lr"] = cosine(step, arguments.steps, 6e-4, 1e-5)
        seen = views(damaged.to(device))
        with torch.no_grad():
            wanted = before(*seen)[2]
        logits, _, embedding = router(*seen)
        loss = F.binary_cross_entropy_with_logits(logits, labels.to(device))
        moved = (embedding - wanted).square().mean() / wanted.var(0).mean()
        (loss + arguments.keep * moved).backward()
        torch.nn.utils.clip_grad_norm_(router.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        average.update(router, step)
        losses, moves = losses + loss.item(), moves + moved.item()
        if (step + 1) % 250 == 0 or step + 1 == arguments.steps:
            top1, clean = measure(average.module, held_out, device)
            log.write(
                step=step + 1, rate=group["lr"], loss=losses / 250, moved=moves / 250, top1=top1, clean=clean, seconds=time.time() - began
            )
            losses = moves = 0.0
            path = out / "router.pt"
            save_checkpoint(path, {**torch.load(path, map_location=device), "average": average.module.state_dict()})
