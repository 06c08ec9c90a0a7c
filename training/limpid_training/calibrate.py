"""Refits the router's last layer on whole views, with every fault and clean photographs as frequent as they should be.

The embedding stays as it is, since the backbone has learnt it; only the linear map from it to the logits changes.
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
from .train_router import measure

#: A fault that nobody would see is neither present nor absent: calibration leaves it out.
MIXTURE = Mixture({d: 1.0 for d in DEGRADATIONS}, clean=0.15, second=0.12, mildest=0.2)
SHAPES = [Shape(96, 16, 1), Shape(192, 12, 2), Shape(384, 6, 3)]


def train(arguments) -> None:
    device = pick_device(arguments.device)
    out = Path(arguments.out)
    photos, held_out = load_photos(arguments.photos, False), load_photos(arguments.photos, True)
    router = load_router(out, device)
    print("before: top-1 {:.3f}, clean left alone {:.3f}".format(*measure(router, held_out, device)), flush=True)
    embeddings, labels = [], []
    loader = stream(photos, MIXTURE, SHAPES, 4242, range(arguments.steps), arguments.workers, upright=True)
    for damaged, _, wanted, _, _ in loader:
        with torch.no_grad():
            embeddings.append(router(*views(damaged.to(device)))[2])
        labels.append(wanted.to(device))
    embeddings, labels = torch.cat(embeddings), torch.cat(labels)
    head = router.cls_head.requires_grad_(True)
    optimizer = torch.optim.LBFGS(head.parameters(), max_iter=200, line_search_fn="strong_wolfe")

    def closure():
        optimizer.zero_grad()
        loss = F.binary_cross_entropy_with_logits(head(embeddings), labels) + 1e-5 * head.weight.square().sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    head.requires_grad_(False)
    print(f"{len(labels)} images", flush=True)
    print("after: top-1 {:.3f}, clean left alone {:.3f}".format(*measure(router, held_out, device)), flush=True)
    path = out / "router.pt"
    save_checkpoint(path, {**torch.load(path, map_location=device), "average": router.state_dict()})
