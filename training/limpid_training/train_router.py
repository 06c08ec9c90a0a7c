"""Stage 0: the router. Independent probabilities, since faults come together, on damage as wide as the world."""

from __future__ import annotations

import time
from pathlib import Path

import torch
import torch.nn.functional as F

from .damage import DEGRADATIONS
from .keep import kept
from .networks import Router, count_parameters
from .photographs import load_photos
from .router_data import Draw, router_stream
from .run import AveragedWeights, Log, MuonAndAdamW, pick_device, save_checkpoint

BATCH = 16
HELD_OUT_BATCHES = 40


def router_loss(logits, guesses, placed, targets, severities, places):
    """Cross-entropy of each fault apart; beside it the severity of what is there, and where in the scene it is.

    The last is dense supervision, as in ABAIR (2411.18412): what fills a few cells is learnt from them instead of from one label.
    """
    loss = F.binary_cross_entropy_with_logits(logits, targets)
    there = (severities > 0).float()
    off = ((torch.sigmoid(guesses) - severities).square() * there).sum() / there.sum().clamp(min=1)
    known = (places >= 0).float()
    where = F.binary_cross_entropy_with_logits(placed, places.clamp(min=0), reduction="none")
    return loss + 0.25 * off + (where * known).sum() / known.sum()


def to_views(batch, device):
    windows, scene = batch[0].to(device).float() / 255, batch[1].to(device)
    return windows, scene.contiguous(memory_format=torch.channels_last)


@torch.no_grad()
def measure(router, batches, device):
    """On held-out photographers: top-1 and recall of what shows, at the threshold that leaves 95 % of the clean pictures alone."""
    was_training = router.training
    router.eval()
    probabilities, firsts, losses, clean, shows = [], [], [], [], []
    for batch in batches:
        logits = router(*to_views(batch, device))[0].float().cpu()
        losses.append(F.binary_cross_entropy_with_logits(logits, batch[2]).item())
        probabilities.append(torch.sigmoid(logits))
        firsts.append(batch[4])
        shows.append(batch[2].gather(1, batch[4].clamp(min=0)[:, None])[:, 0] >= 0.6)
        clean.append(batch[2].amax(1) < 0.25)  # what was saved hard is not clean
    router.train(was_training)
    probabilities, firsts, shows = torch.cat(probabilities), torch.cat(firsts), torch.cat(shows)
    threshold = torch.quantile(probabilities[torch.cat(clean)].amax(1), 0.95)
    there = (firsts >= 0) & shows
    top1 = (probabilities.argmax(1) == firsts)[there].float().mean().item()
    found = {}
    for index, name in enumerate(DEGRADATIONS):
        mine = probabilities[there & (firsts == index)]
        found[name] = (mine[:, index] >= threshold).float().mean().item() if len(mine) else float("nan")
    return {"held_out": sum(losses) / len(losses), "top1": top1, "threshold": threshold.item(), **found}


def rate_at(step: int, steps: int, high: float, decay: float) -> float:
    """A short rise, then level, then down in a straight line over the last share of the steps: a run can go on from where it was level."""
    if step < 100:
        return high * (step + 1) / 100
    left = (steps - step) / max(1, decay * steps)
    return high * max(0.002, min(1.0, left))


def load_router(run: Path, device) -> Router:
    """The averaged router of a run, frozen."""
    router = Router(len(DEGRADATIONS)).to(device)
    router.load_state_dict(torch.load(run / "router.pt", map_location=device)["average"])
    return router.eval().requires_grad_(False).to(memory_format=torch.channels_last)


def save_embedding(run: Path, extractor) -> None:
    """Puts another embedding into the averaged router of a run."""
    state = torch.load(run / "router.pt", map_location="cpu")
    average = {**state["average"], **{f"de_extractor.{name}": value for name, value in extractor.state_dict().items()}}
    save_checkpoint(run / "router.pt", {**state, "average": average})


def train(arguments) -> None:
    device = pick_device(arguments.device)
    out = Path(arguments.out)
    out.mkdir(parents=True, exist_ok=True)
    photos, held_out = load_photos(arguments.photos, False), load_photos(arguments.photos, True)
    torch.manual_seed(arguments.seed)
    router = Router(len(DEGRADATIONS)).to(device).to(memory_format=torch.channels_last)
    average = AveragedWeights(router)
    optimizer = MuonAndAdamW(router.parameters())
    path, step = out / "router.pt", 0
    state = torch.load(path, map_location=device) if path.exists() else kept(arguments.start_from, "router")
    if state is not None:
        router.load_state_dict(state.get("router", state["average"]))
        average.module.load_state_dict(state["average"])
        optimizer.resume(state.get("optimizers", []))
        step = state["step"]
    print(f"router: {count_parameters(router)} parameters, {len(photos)} photos, {len(held_out)} held out, from step {step}", flush=True)
    columns = ["step", "samples", "rate", "loss", "held_out", "top1", "threshold", *DEGRADATIONS, "seconds"]
    log = Log(out / "router.csv", columns, step)
    known = list(router_stream(held_out, Draw(), BATCH, 99, range(HELD_OUT_BATCHES), 0))
    loader = router_stream(photos, Draw(), BATCH, arguments.seed, range(step, arguments.steps), arguments.workers, easier_first=not arguments.start_from)
    saved, began, running, count = time.time(), time.time(), 0.0, 0
    low = torch.autocast(device.type, torch.bfloat16, enabled=arguments.precision == "bfloat16")
    for batch in loader:
        rate = rate_at(step, arguments.steps, arguments.rate, arguments.decay)
        targets, severities = batch[2].to(device), batch[3].to(device)
        with low:
            logits, guesses, placed = router.learn(*to_views(batch, device))
        loss = router_loss(logits.float(), guesses.float(), placed.float(), targets, severities, batch[5].to(device))
        loss.backward()
        torch.nn.utils.clip_grad_norm_(router.parameters(), 1.0)
        optimizer.step(rate)
        average.update(router, step)
        running, count, step = running + loss.item(), count + 1, step + 1
        if step % 250 == 0 or step == arguments.steps:
            figures = measure(average.module, known, device) if step % 500 == 0 or step == arguments.steps else {}
            log.write(step=step, samples=step * BATCH, rate=rate, loss=running / count, seconds=time.time() - began, **figures)
            running, count = 0.0, 0
        if time.time() - saved > 120 or step == arguments.steps:
            save_checkpoint(
                path,
                {"router": router.state_dict(), "average": average.module.state_dict(), "optimizers": optimizer.state(), "step": step},
            )
            saved = time.time()
    log.plot()
