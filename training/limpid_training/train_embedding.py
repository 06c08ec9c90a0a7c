"""Stage 2: the router's embedding learns to be the code that the backbone was trained with, on the features of the finished router."""

from __future__ import annotations

import time
from pathlib import Path

import torch

from .damage import DEGRADATIONS
from .photographs import load_photos, without
from .router_data import Draw, router_stream
from .run import Log, cosine, pick_device
from .train_base import load_restorer
from .train_router import BATCH, load_router, save_embedding, to_views


def train(arguments) -> None:
    device = pick_device(arguments.device)
    out = Path(arguments.out)
    router, code = load_router(out, device), load_restorer(out, device).code
    torch.manual_seed(arguments.seed)
    extractor = router.de_extractor.requires_grad_(True)
    optimizer = torch.optim.AdamW(extractor.parameters(), lr=1e-3, weight_decay=1e-3)
    # Of what photographs have by nature nobody knows the severity.
    photos, held_out = (without(load_photos(arguments.photos, part), set(DEGRADATIONS)) for part in (False, True))

    def views(batch):
        with torch.no_grad():
            return router.look(*to_views(batch, device))[0], code((batch[3] > 0).float().to(device), batch[3].to(device))

    known = [views(batch) for batch in router_stream(held_out, Draw(), BATCH, 99, range(30), 0)]
    log = Log(out / "embedding.csv", ["step", "rate", "loss", "explained", "seconds"], 0)
    began, running = time.time(), 0.0
    for step, batch in enumerate(router_stream(photos, Draw(), BATCH, arguments.seed + 9, range(arguments.steps), arguments.workers), 1):
        for group in optimizer.param_groups:
            group["lr"] = cosine(step, arguments.steps, 2e-3, 1e-5)
        features, wanted = views(batch)
        loss = (router.embed(features) - wanted).square().mean()
        loss.backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        running += loss.item()
        if step % 250 == 0 or step == arguments.steps:
            with torch.no_grad():
                features, wanted = (torch.cat(parts) for parts in zip(*known))
                explained = 1 - (router.embed(features) - wanted).square().mean() / wanted.var(0).mean()
            log.write(step=step, rate=group["lr"], loss=running / 250, explained=explained.item(), seconds=time.time() - began)
            running = 0.0
    save_embedding(out, extractor)
