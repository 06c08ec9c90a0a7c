"""Stage 1: the backbone, modulated by the router's embedding, on all degradations at once."""

from __future__ import annotations

import time
from pathlib import Path

import torch

from .data import Mixture, Shape, load_photos, stream
from .degradations import DEGRADATIONS
from .export import exported_checkpoints
from .networks import Backbone, Router, count_parameters, views
from .train_router import MIXTURE as ROUTER_MIXTURE, measure, router_loss
from .run import AveragedWeights, Log, cosine, pick_device, psnr_loss, save_checkpoint

#: JPEG, noise and blur gain slowly and steadily, so they get more of the samples; a fault with less than 6 % never starts.
MIXTURE = Mixture(
    {
        "noise": 0.17,
        "jpeg": 0.19,
        "blur": 0.18,
        "rain": 0.08,
        "raindrop": 0.09,
        "haze": 0.06,
        "snow": 0.05,
        "low-light": 0.05,
        "shadow": 0.07,
        "inpainting": 0.06,
    },
    clean=0.03,
    second=0.1,
)
#: The faults whose repair hangs on the embedding start together or, drowned by the gradients of noise and rain, not at all.
STARTING = Mixture(
    {
        "noise": 0.07,
        "jpeg": 0.07,
        "blur": 0.12,
        "rain": 0.03,
        "raindrop": 0.12,
        "haze": 0.16,
        "snow": 0.03,
        "low-light": 0.18,
        "shadow": 0.14,
        "inpainting": 0.08,
    },
    clean=0.02,
    second=0.08,
)
#: For a backbone in which all have started: what lags behind published networks most.
CATCHING_UP = Mixture(
    {
        "noise": 0.22,
        "jpeg": 0.18,
        "blur": 0.17,
        "rain": 0.06,
        "raindrop": 0.12,
        "haze": 0.06,
        "snow": 0.04,
        "low-light": 0.04,
        "shadow": 0.07,
        "inpainting": 0.04,
    },
    clean=0.02,
    second=0.1,
)
#: Faults that leave parts of an image as they were. A crop that has next to none of the damage counts by this mean squared
#: error besides its own, as the whole image would count it; others by 1e-5.
UNEVEN, UNEVEN_ERROR = {"raindrop", "shadow", "inpainting"}, 5e-4


def phases(goes_on: bool):
    """(share of the steps, mixture, shape of a batch): small crops first, then larger ones for the slow-varying faults."""
    if goes_on:
        return ((0.8, CATCHING_UP, Shape(96, 8)), (1.0, CATCHING_UP, Shape(160, 3)))
    return ((0.1, STARTING, Shape(96, 8)), (0.85, MIXTURE, Shape(96, 8)), (1.0, MIXTURE, Shape(160, 3)))


def restoration_loss(restored, clean, first):
    """Negative PSNR of each sample, whose first fault is that of index ``first`` [n], -1 for none."""
    uneven = torch.tensor([d in UNEVEN for d in DEGRADATIONS] + [False], device=restored.device)
    return psnr_loss(restored, clean, torch.where(uneven[first.to(restored.device)], UNEVEN_ERROR, 1e-5))


def load_router(run: Path, device, start_from: str | None = None) -> Router:
    """The averaged router of a run, frozen. A run that has none begins with that of the models folder ``start_from``."""
    if start_from and not (run / "router.pt").exists():
        run.mkdir(parents=True, exist_ok=True)
        save_checkpoint(run / "router.pt", exported_checkpoints(Path(start_from))[1])
    state = torch.load(run / "router.pt", map_location=device)
    router = Router(len(DEGRADATIONS)).to(device)
    router.load_state_dict(state["average"])
    return router.eval().requires_grad_(False)


@torch.no_grad()
def gains(restore, router, photos, device, crop=160, count=6):
    """Mean PSNR gain in dB of each degradation over all severities, on held-out photographs."""
    result = {}
    for index, name in enumerate(DEGRADATIONS):
        mixture = Mixture({name: 1.0}, clean=0, second=0)
        loader = stream(photos, mixture, [Shape(crop, count)], 7000 + index, range(4), 0, look=True)
        before, after, samples = 0.0, 0.0, 0
        for damaged, clean, _, _, _, *seen in loader:
            damaged, clean = damaged.to(device), clean.to(device)
            embedding = router(*(view.to(device) for view in seen))[2]
            restored = (restore(damaged, embedding, name).clamp(0, 1) * 255).round() / 255
            before -= psnr_loss(damaged, clean, 1e-10).sum().item()
            after -= psnr_loss(restored, clean, 1e-10).sum().item()
            samples += len(damaged)
        result[name] = (after - before) / samples
    return result


class JointRouter:
    """The router as it goes on learning beside the backbone, then stands still.

    Its embedding gets the restoration's gradient besides its own losses, so that it says what the backbone
    needs to know. A batch of upright, larger images every few steps keeps it used to several windows. Its
    normalisation keeps the statistics of the router's own stage: the crops of these batches are other ones.
    """

    every = 4

    def __init__(self, run: Path, photos, arguments, device, state: dict | None):
        self.path, self.arguments, self.device = run / "router.pt", arguments, device
        self.router = Router(len(DEGRADATIONS)).to(device)
        self.router.load_state_dict(torch.load(self.path, map_location=device)["average"])
        self.router.to(memory_format=torch.channels_last)
        self.average = AveragedWeights(self.router)
        self.optimizer = torch.optim.AdamW(self.router.parameters(), lr=1e-3, weight_decay=1e-4)
        if state is not None:
            self.router.load_state_dict(state["router"])
            self.average.module.load_state_dict(state["average"])
            self.optimizer.load_state_dict(state["optimizer"])
        self.router.eval()
        self.average.module.eval()
        self.steps = round(arguments.router_until * arguments.steps)
        self.photos, self.upright = photos, None

    def state(self) -> dict:
        return {
            "router": self.router.state_dict(),
            "average": self.average.module.state_dict(),
            "optimizer": self.optimizer.state_dict(),
        }

    def look(self, seen, labels, severities, step):
        """The embedding for the backbone, and the router's own loss (None once it stands still)."""
        if step >= self.steps:
            with torch.no_grad():
                return self.average.module(*seen)[2], None
        logits, guesses, embedding = self.router(*seen)
        loss = router_loss(logits, guesses, labels.to(self.device), severities.to(self.device))
        if step % self.every == 0:
            if self.upright is None:
                left = range(-(-step // self.every) * self.every, self.steps, self.every)
                self.upright = iter(stream(self.photos, ROUTER_MIXTURE, [Shape(192, 12)], 77, left, 1, upright=True))
            upright, _, labels, severities, _ = next(self.upright)
            logits, guesses, _ = self.router(*views(upright.to(self.device)))
            loss = loss + 2 * router_loss(logits, guesses, labels.to(self.device), severities.to(self.device))
        return embedding, loss

    def learn(self, step):
        if step >= self.steps:
            return
        for group in self.optimizer.param_groups:
            group["lr"] = cosine(step, self.steps, 8e-4, 1e-5)
        torch.nn.utils.clip_grad_norm_(self.router.parameters(), 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.average.update(self.router, step + 1000)


def train(arguments) -> None:
    device = pick_device(arguments.device)
    out = Path(arguments.out)
    photos, held_out = load_photos(arguments.photos, False), load_photos(arguments.photos, True)
    torch.manual_seed(arguments.seed)
    backbone = Backbone().to(device).to(memory_format=torch.channels_last)
    average = AveragedWeights(backbone)
    optimizer = torch.optim.AdamW(backbone.parameters(), lr=1e-3, weight_decay=1e-3, betas=(0.9, 0.9))
    path, step, joint = out / "base.pt", 0, None
    if path.exists():
        state = torch.load(path, map_location=device)
        backbone.load_state_dict(state["backbone"])
        average.module.load_state_dict(state["average"])
        if state["optimizer"] is not None:
            optimizer.load_state_dict(state["optimizer"])
        step, joint = state["step"], state["joint"]
    elif arguments.start_from:
        weights = exported_checkpoints(Path(arguments.start_from))[0]["average"]
        backbone.load_state_dict(weights)
        average.module.load_state_dict(weights)
        load_router(out, device, arguments.start_from)
    router = JointRouter(out, photos, arguments, device, joint)
    forward = torch.compile(backbone, dynamic=False) if arguments.compile else backbone
    print(f"backbone: {count_parameters(backbone)} parameters, {len(photos)} photos, from step {step}", flush=True)
    log = Log(out / "base.csv", ["step", "rate", "loss", "top1", "clean", *DEGRADATIONS, "seconds"], step)
    mixed = arguments.precision == "bfloat16"
    saved, began, running, counted = time.time(), time.time(), 0.0, 0

    def save() -> None:
        state = {
            "backbone": backbone.state_dict(),
            "average": average.module.state_dict(),
            "optimizer": optimizer.state_dict(),
            "joint": router.state(),
            "step": step,
        }
        save_checkpoint(path, state)

    for share, mixture, shape in phases(bool(arguments.start_from)):
        last = round(share * arguments.steps)
        if step >= last:
            continue
        loader = stream(photos, mixture, [shape], arguments.seed, range(step, last), arguments.workers, look=True)
        for damaged, clean, labels, severities, first, *seen in loader:
            rate = cosine(step, arguments.steps, 1e-3, 1e-6)
            for group in optimizer.param_groups:
                group["lr"] = rate
            damaged = damaged.to(device).contiguous(memory_format=torch.channels_last)
            clean = clean.to(device)
            embedding, routing = router.look([view.to(device) for view in seen], labels, severities, step)
            with torch.autocast(device.type, torch.bfloat16, enabled=mixed):
                restored = forward(damaged, embedding)
            loss = restoration_loss(restored.float(), clean, first).mean()
            # The two losses are of like size: some -30 dB against some 0.2 nats a label, ten labels.
            (loss if routing is None else loss + 20 * routing).backward()
            torch.nn.utils.clip_grad_norm_(backbone.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            average.update(backbone, step)
            router.learn(step)
            running, counted, step = running + loss.item(), counted + 1, step + 1
            if step % 1000 == 0 or step == arguments.steps:
                judge = router.average.module
                measured = gains(lambda x, e, _: average.module(x, e), judge, held_out, device)
                top1, left_alone = measure(judge, held_out, device)
                log.write(
                    step=step, rate=rate, loss=running / counted, top1=top1, clean=left_alone, **measured, seconds=time.time() - began
                )
                running, counted = 0.0, 0
                log.plot()
            if time.time() - saved > 180 or step == arguments.steps:
                save()
                saved = time.time()
    final = torch.load(router.path, map_location=device)
    save_checkpoint(router.path, {**final, "average": router.average.module.state_dict()})
