"""Chooses each fault's threshold: the least that leaves false alarms rare, raised to where the fault's expert is worth the risk:
p times what it gains where it is right is 1 - p times what it spoils where it is wrong. An expert against haze or darkness
changes every pixel, so it has to be surer than one against scratches. Measured on held-out photographs.
"""

from __future__ import annotations

from pathlib import Path

import torch

from .calibrate import HIGHEST, collect, report, thresholds
from .data import Shape, load_photos, stream
from .degradations import DEGRADATIONS
from .networks import Backbone, Experts, use_experts, views
from .run import pick_device, psnr_loss, save_checkpoint
from .train_base import load_router
from .train_experts import PlannedMixture

#: A result that is nearer than this to its original, in dB, counts as equal to it.
CEILING = 45.0
#: Batches of views on which false alarms are counted.
VIEWS = 1000


def train(arguments) -> None:
    device = pick_device(arguments.device)
    out = Path(arguments.out)
    photos = load_photos(arguments.photos, True)
    router = load_router(out, device)
    backbone = Backbone().to(device).to(memory_format=torch.channels_last).eval().requires_grad_(False)
    backbone.load_state_dict(torch.load(out / "base.pt", map_location=device)["average"])
    state = torch.load(out / "experts.pt", map_location=device)
    names = state["names"]
    experts = Experts(backbone, names, state["rank"], state["alpha"]).to(device)
    experts.load_state_dict(state["average"])

    def restored(damaged, clean, faults) -> torch.Tensor:
        """PSNR of each sample after the experts against ``faults``; of the damaged samples if there are none."""
        image = damaged
        if faults:
            mixture = torch.zeros(len(names), device=device)
            mixture[[names.index(name) for name in faults]] = 1.0
            use_experts(backbone, experts, mixture)
            image = backbone(damaged, router(*views(damaged))[2])
        image = (image.clamp(0, 1) * 255).round() / 255
        return (-psnr_loss(image, clean, 1e-10)).clamp(max=CEILING)

    @torch.no_grad()
    def gain(there: list[str], without: list[str], added: str) -> float:
        """What the expert against ``added`` adds to those for ``without`` where ``there`` is the damage, in dB."""
        total, count = 0.0, 0
        for damaged, clean, *_ in stream(photos, PlannedMixture(there), [Shape(192, 4)], 5000, range(arguments.steps), 0):
            damaged, clean = damaged.to(device), clean.to(device)
            total += (restored(damaged, clean, [*without, added]) - restored(damaged, clean, without)).sum().item()
            count += len(damaged)
        return total / count

    path = out / "router.pt"
    known = collect(router, photos, 9090, VIEWS, arguments.workers, device)
    limits = thresholds(torch.sigmoid(router.classify(known[0])), known[1])
    print(f"by false alarms: {limits}", flush=True)
    for name in names:
        others = [other for other in names if other != name]
        helps = [gain([name], [], name), *(gain([other, name], [other], name) for other in others[::2])]
        harms = [-gain([], [], name), *(-gain([other], [other], name) for other in others)]
        right, wrong = (max(0.0, sum(values) / len(values)) for values in (helps, harms))
        even = wrong / (right + wrong) if right + wrong > 0 else 0.5
        limits[name] = round(min(max(limits[name], even), HIGHEST), 2)
        print(f"{name}: right {right:+.2f} dB, wrong {-wrong:+.2f} dB, even at {even:.2f}; threshold {limits[name]}", flush=True)
    print(report(router, *known, limits), flush=True)
    save_checkpoint(path, {**torch.load(path, map_location=device), "thresholds": limits})
