"""Fits the router's classifier on whole views, with every fault and clean photographs as frequent as they should be, then
chooses the probability from which each fault counts as present.

Encoders and embedding stay as they are, since the backbone has learnt the embedding.
"""

from __future__ import annotations

from pathlib import Path

import torch
import torch.nn.functional as F

from .data import Mixture, Shape, load_photos, stream
from .degradations import DEGRADATIONS
from .networks import views
from .run import pick_device, save_checkpoint
from .train_base import load_router

#: A fault that nobody would see is neither present nor absent: calibration leaves it out.
MIXTURE = Mixture({d: 1.0 for d in DEGRADATIONS}, clean=0.18, second=0.28, mildest=0.12)
SHAPES = [Shape(192, 4, 1), Shape(288, 3, 1), Shape(400, 2, 1.5), Shape(512, 2, 1.5)]
#: Shares of held-out clean views, and of views with one other fault, in which a fault may be found wrongly.
FALSE_ALARMS = {"clean": 0.004, "other": 0.01}
LOWEST, HIGHEST = 0.7, 0.9


def collect(router, photos, seed, steps, workers, device):
    """Features [n, 384], labels and severities [n, 10] of whole views."""
    features, labels, severities = [], [], []
    for damaged, _, wanted, severity, _ in stream(photos, MIXTURE, SHAPES, seed, range(steps), workers, upright=True):
        with torch.no_grad():
            features.append(router.look(*views(damaged.to(device))))
        labels.append(wanted.to(device))
        severities.append(severity.to(device))
    return torch.cat(features), torch.cat(labels), torch.cat(severities)


def fit(router, features, labels, epochs=40) -> None:
    """Trains the classifier's two layers anew, dropout between them, on standardised features; the standardisation is folded in."""
    mean, deviation = features.mean(0), features.std(0) + 1e-4
    standard = (features - mean) / deviation
    first, last = (torch.nn.Linear(layer.in_features, layer.out_features).to(features.device) for layer in router.cls_head[::2])
    layers = torch.nn.Sequential(first, torch.nn.GELU(), torch.nn.Dropout(0.2), last)
    optimizer = torch.optim.AdamW(layers.parameters(), weight_decay=5e-2)
    batches = len(features) // 256
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 2e-3, total_steps=epochs * batches + 1)
    for _ in range(epochs):
        for batch in torch.randperm(len(features), device=features.device)[: batches * 256].view(-1, 256):
            loss = F.binary_cross_entropy_with_logits(layers(standard[batch]), labels[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    with torch.no_grad():
        weight = first.weight / deviation
        router.cls_head[0].weight.copy_(weight)
        router.cls_head[0].bias.copy_(first.bias - weight @ mean)
        router.cls_head[2].weight.copy_(last.weight)
        router.cls_head[2].bias.copy_(last.bias)


def thresholds(probabilities, labels) -> dict[str, float]:
    """For each fault the least probability, in hundredths, that false alarms allow."""
    count = labels.sum(1)
    found = {}
    for index, name in enumerate(DEGRADATIONS):
        mine = probabilities[:, index]
        clean, other = mine[count == 0], mine[(count == 1) & (labels[:, index] == 0)]
        needed = max(torch.quantile(clean, 1 - FALSE_ALARMS["clean"]).item(), torch.quantile(other, 1 - FALSE_ALARMS["other"]).item())
        found[name] = round(min(max(needed + 0.005, LOWEST), HIGHEST), 2)
    return found


def report(router, features, labels, severities, limits: dict[str, float] | None) -> str:
    """What the classifier makes of held-out views; faults count from severity 0.35 on, as eyes see them."""
    with torch.no_grad():
        logits = router.classify(features)
    probabilities, count = torch.sigmoid(logits), labels.sum(1)
    limit = torch.tensor([0.7 if limits is None else limits[d] for d in DEGRADATIONS], device=logits.device)
    found = probabilities >= limit
    single = count == 1
    seen = single & (severities.amax(1) > 0.35)
    both = (count == 2) & (torch.where(labels > 0, severities, 1).amin(1) > 0.3)
    right = (probabilities.argmax(1) == labels.argmax(1)).float()
    recall = {d: found[seen & (labels[:, i] > 0), i].float().mean().item() for i, d in enumerate(DEGRADATIONS)}
    return "  ".join(
        [
            f"cross-entropy {F.binary_cross_entropy_with_logits(logits, labels).item():.4f}",
            f"top-1 {right[single].mean().item():.3f}, from 0.35 on {right[seen].mean().item():.3f}",
            f"clean left alone {1 - found[count == 0].any(1).float().mean().item():.3f}",
            f"of two found {((found & (labels > 0))[both].sum() / labels[both].sum()).item():.3f}",
            f"one too many {(found & (labels == 0))[single].any(1).float().mean().item():.3f}",
            *(f"{d} {share:.2f}" for d, share in recall.items()),
        ]
    )


def train(arguments) -> None:
    device = pick_device(arguments.device)
    out = Path(arguments.out)
    router = load_router(out, device, arguments.start_from)
    torch.manual_seed(arguments.seed)
    photos, held_out = load_photos(arguments.photos, False), load_photos(arguments.photos, True)
    known = collect(router, held_out, 9090, max(1, arguments.steps // 4), arguments.workers, device)
    print("before:", report(router, *known, None), flush=True)
    features, labels, _ = collect(router, photos, 4242, arguments.steps, arguments.workers, device)
    fit(router, features, labels)
    limits = thresholds(torch.sigmoid(router.classify(known[0])), known[1])
    print(f"{len(labels)} views; thresholds {limits}", flush=True)
    print("after:", report(router, *known, limits), flush=True)
    path = out / "router.pt"
    save_checkpoint(path, {**torch.load(path, map_location=device), "average": router.state_dict(), "thresholds": limits})
