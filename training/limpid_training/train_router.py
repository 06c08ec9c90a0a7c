"""Stage 0: the router. Independent probabilities, and severities so that the embedding carries strength."""

from __future__ import annotations

import time
from pathlib import Path

import torch
import torch.nn.functional as F

from .data import Mixture, Shape, load_photos, stream
from .degradations import DEGRADATIONS
from .networks import Router, count_parameters, views
from .run import AveragedWeights, Log, cosine, pick_device, save_checkpoint

MIXTURE = Mixture({d: 1.0 for d in DEGRADATIONS}, clean=0.1, second=0.2)
#: Image sizes that the router meets in training, with the batch that costs about the same.
SHAPES = [Shape(96, 24), Shape(192, 12), Shape(288, 6)]


def router_loss(logits, guesses, labels, severities):
    """Cross-entropy of each label apart, and half the squared error of the severity of what is there."""
    loss = F.binary_cross_entropy_with_logits(logits, labels)
    off = ((torch.sigmoid(guesses) - severities).square() * labels).sum() / labels.sum().clamp(min=1)
    return loss + 0.5 * off


@torch.no_grad()
def measure(router, photos, device, count=240):
    """Top-1 accuracy on single faults, and the share of clean crops left alone, at size 192."""
    was_training = router.training
    router.eval()
    right = singles = alone = clean = 0
    singles_only = Mixture(MIXTURE.weights, clean=0.15, second=0)
    loader = stream(photos, singles_only, [Shape(192, 24)], 99, range(count // 24), 0, upright=True)
    for damaged, _, labels, _, first in loader:
        whole, windows = views(damaged.to(device))
        probabilities = torch.sigmoid(router(whole, windows)[0]).cpu()
        is_clean = first < 0
        alone += int((probabilities.amax(1)[is_clean] < 0.5).sum())
        clean += int(is_clean.sum())
        right += int((probabilities.argmax(1) == first)[~is_clean].sum())
        singles += int((~is_clean).sum())
    router.train(was_training)
    return right / max(1, singles), alone / max(1, clean)


def train(arguments) -> None:
    device = pick_device(arguments.device)
    out = Path(arguments.out)
    out.mkdir(parents=True, exist_ok=True)
    photos, held_out = load_photos(arguments.photos, False), load_photos(arguments.photos, True)
    torch.manual_seed(arguments.seed)
    router = Router(len(DEGRADATIONS)).to(device)
    average = AveragedWeights(router)
    optimizer = torch.optim.AdamW(router.parameters(), lr=1e-3, weight_decay=1e-4)
    path, step = out / "router.pt", 0
    if path.exists():
        state = torch.load(path, map_location=device)
        router.load_state_dict(state["router"])
        average.module.load_state_dict(state["average"])
        optimizer.load_state_dict(state["optimizer"])
        step = state["step"]
    print(f"router: {count_parameters(router)} parameters, {len(photos)} photos, from step {step}")
    log = Log(out / "router.csv", ["step", "rate", "loss", "top1", "clean", "seconds"], step)
    loader = stream(photos, MIXTURE, SHAPES, arguments.seed, range(step, arguments.steps), arguments.workers, upright=True)
    saved, began, running = time.time(), time.time(), 0.0
    for damaged, _, labels, severities, _ in loader:
        rate = cosine(step, arguments.steps, 3e-3, 1e-5)
        for group in optimizer.param_groups:
            group["lr"] = rate
        whole, windows = views(damaged.to(device))
        labels, severities = labels.to(device), severities.to(device)
        logits, guesses, _ = router(whole, windows)
        loss = router_loss(logits, guesses, labels, severities)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(router.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        average.update(router, step)
        running += loss.item()
        step += 1
        if step % 100 == 0 or step == arguments.steps:
            top1, clean = measure(average.module, held_out, device) if step % 500 == 0 or step == arguments.steps else (float("nan"),) * 2
            log.write(step=step, rate=rate, loss=running / 100, top1=top1, clean=clean, seconds=time.time() - began)
            running = 0.0
        if time.time() - saved > 120 or step == arguments.steps:
            save_checkpoint(
                path,
                {
                    "router": router.state_dict(),
                    "average": average.module.state_dict(),
                    "optimizer": optimizer.state_dict(),
                    "step": step,
                },
            )
            saved = time.time()
    log.plot()
