"""Stage 1: the backbone on all degradations at once, modulated by a code of what is wrong.

The code comes from the true faults and severities, through :class:`FaultCode`, so that backbone and router learn side by side; the
router's embedding learns to be that code afterwards (stage ``embed``). It is blurred and dropped at random, as an unsure router's would be.
"""

from __future__ import annotations

import time
from pathlib import Path

import torch
import torch.nn as nn

from .crops import Always, Shape, crop_stream
from .damage import DEGRADATIONS
from .networks import EMBEDDING_SIZE, Backbone, count_parameters
from .photographs import load_photos
from .router_data import Draw
from .run import AveragedWeights, Log, pick_device, psnr_loss, save_checkpoint
from .train_router import rate_at

#: JPEG, noise and blur gain slowly and steadily, so they get more of the samples.
DRAW = Draw(
    {
        "noise": 0.24,
        "jpeg": 0.16,
        "blur": 0.15,
        "rain": 0.08,
        "raindrop": 0.08,
        "haze": 0.06,
        "snow": 0.06,
        "low-light": 0.07,
        "shadow": 0.08,
        "inpainting": 0.08,
    },
    clean=0.05,
    second=0.15,
)
SHAPE, LAST_SHAPE = Shape(96, 4), Shape(160, 2)
#: Share of the steps, at the end, on larger crops.
LAST = 0.15
#: Faults that leave parts of an image as they were. A crop that has next to none of the damage counts by this mean squared
#: error besides its own, as the whole image would count it; others by 1e-5.
UNEVEN, UNEVEN_ERROR = {"raindrop", "shadow", "inpainting"}, 5e-4
#: Weight of the pattern that repeats every 8 pixels in what the backbone adds. A photograph has none, and eyes see it in skies.
LATTICE = 25.0


class FaultCode(nn.Module):
    """Labels [n, 10] and severities [n, 10] -> the code [n, 64] that modulates the backbone."""

    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(2 * len(DEGRADATIONS), 96), nn.GELU(), nn.Linear(96, EMBEDDING_SIZE), nn.GELU())

    def forward(self, labels, severities):
        return self.layers(torch.cat((labels, severities), 1))


def unsure(labels, severities, generator):
    """The labels as a router would guess them: severities off by a tenth, sometimes a fault too many, sometimes none at all."""
    noise = torch.randn(severities.shape, generator=generator) * 0.1
    guessed = (severities + noise).clamp(0, 1) * labels
    belief = labels * (1 - 0.4 * torch.rand(labels.shape, generator=generator).square())
    wrong = (torch.rand(labels.shape, generator=generator) < 0.012).float() * (1 - labels)
    belief = belief + wrong * torch.rand(labels.shape, generator=generator)
    guessed = guessed + wrong * torch.rand(labels.shape, generator=generator) * 0.5
    keep = (torch.rand((len(labels), 1), generator=generator) > 0.08).float()
    return belief * keep, guessed * keep


def lattice(change: torch.Tensor) -> torch.Tensor:
    """Mean square of the pattern of period 8 in [n, 3, h, w]: the means of the 64 phases, less the mean of all."""
    n, c, h, w = change.shape
    phases = change.view(n, c, h // 8, 8, w // 8, 8).mean((2, 4))
    return (phases - phases.mean((2, 3), keepdim=True)).square().flatten(1).mean(1)


def restoration_loss(restored, clean, first):
    """Negative PSNR of each sample, whose first fault is that of index ``first`` [n], -1 for none, and its lattice."""
    uneven = torch.tensor([d in UNEVEN for d in DEGRADATIONS] + [False], device=restored.device)
    error = torch.where(uneven[first.to(restored.device)], UNEVEN_ERROR, 1e-5)
    return psnr_loss(restored, clean, error) + LATTICE * lattice(restored - clean).sqrt()


@torch.no_grad()
def gains(restore, photos, device, crop=160, batches=3):
    """Mean PSNR gain in dB of each degradation over all severities, on held-out photographers; ``restore(damaged, labels, severities, name)``."""
    result = {}
    for index, name in enumerate(DEGRADATIONS):
        gain, samples = 0.0, 0
        for damaged, clean, labels, severities, _ in crop_stream(photos, Always([name]), Shape(crop, 2), 7000 + index, range(batches), 0, pages=0):
            damaged, clean = damaged.to(device), clean.to(device)
            restored = (restore(damaged, labels.to(device), severities.to(device), name).clamp(0, 1) * 255).round() / 255
            gain += (psnr_loss(damaged, clean, 1e-10) - psnr_loss(restored, clean, 1e-10)).sum().item()
            samples += len(damaged)
        result[name] = gain / samples
    return result


def train(arguments) -> None:
    device = pick_device(arguments.device)
    out = Path(arguments.out)
    out.mkdir(parents=True, exist_ok=True)
    photos, held_out = load_photos(arguments.photos, False), load_photos(arguments.photos, True)
    torch.manual_seed(arguments.seed)
    backbone, code = Backbone().to(device).to(memory_format=torch.channels_last), FaultCode().to(device)
    both = nn.ModuleList([backbone, code])
    average = AveragedWeights(both)
    optimizer = torch.optim.AdamW(both.parameters(), lr=1e-3, weight_decay=1e-3, betas=(0.9, 0.99))
    path, step = out / "base.pt", 0
    if path.exists():
        state = torch.load(path, map_location=device)
        both.load_state_dict(state["both"])
        average.module.load_state_dict(state["average"])
        if "optimizer" in state:
            optimizer.load_state_dict(state["optimizer"])
        step = state["step"]
    forward = torch.compile(backbone, dynamic=False) if arguments.compile else backbone
    print(f"backbone: {count_parameters(backbone)} parameters, {len(photos)} photos, from step {step}", flush=True)
    log = Log(out / "base.csv", ["step", "megapixels", "rate", "loss", *DEGRADATIONS, "mean", "seconds"], step)
    saved, began, running, counted = time.time(), time.time(), 0.0, 0
    last = round((1 - LAST) * arguments.steps)
    for shape, end in ((SHAPE, last), (LAST_SHAPE, arguments.steps)):
        if step >= end:
            continue
        for damaged, clean, labels, severities, first in crop_stream(photos, DRAW, shape, arguments.seed, range(step, end), arguments.workers):
            for group in optimizer.param_groups:
                group["lr"] = rate_at(step, arguments.steps, arguments.rate, arguments.decay)
            generator = torch.Generator().manual_seed(step)
            belief, guessed = (x.to(device) for x in unsure(labels, severities, generator))
            damaged = damaged.to(device).contiguous(memory_format=torch.channels_last)
            with torch.autocast(device.type, torch.bfloat16, enabled=arguments.precision == "bfloat16"):
                restored = forward(damaged, code(belief, guessed))
            loss = restoration_loss(restored.float(), clean.to(device), first).mean()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(both.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            average.update(both, step + 1000)
            running, counted, step = running + loss.item(), counted + 1, step + 1
            if step % 1000 == 0 or step == arguments.steps:
                judge, judge_code = average.module
                measured = gains(lambda x, a, b, _: judge(x, judge_code(a, b)), held_out, device)
                pixels = step * SHAPE.canvases * 4 * SHAPE.crop**2 / 1e6
                log.write(
                    step=step,
                    megapixels=pixels,
                    rate=group["lr"],
                    loss=running / counted,
                    mean=sum(measured.values()) / len(measured),
                    **measured,
                    seconds=time.time() - began,
                )
                running, counted = 0.0, 0
            if time.time() - saved > 180 or step == arguments.steps:
                save_checkpoint(
                    path, {"both": both.state_dict(), "average": average.module.state_dict(), "optimizer": optimizer.state_dict(), "step": step}
                )
                saved = time.time()
    log.plot()


def load_base(run: Path, device) -> tuple[Backbone, FaultCode]:
    """The averaged backbone and fault code of a run, frozen."""
    both = nn.ModuleList([Backbone(), FaultCode()]).to(device)
    both.load_state_dict(torch.load(run / "base.pt", map_location=device)["average"])
    both.eval().requires_grad_(False)
    return both[0].to(memory_format=torch.channels_last), both[1]
