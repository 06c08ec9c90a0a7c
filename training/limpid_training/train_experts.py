"""Stage 3: one low-rank expert per degradation on the frozen backbone.

The paper trains backbone and experts together in this stage. Here the backbone stays as it is, because
an expert must be removable without a trace and others must be able to write new ones for the same base.
Each step draws one degradation, or two for a share of the steps, where both experts act together and learn to; in others
an expert acts whose degradation is absent, as one that the router chose wrongly does, and learns to do no harm.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import torch

from .crops import Always, Crops, Shape
from .damage import DEGRADATIONS, Source
from .export import load_exported_experts
from .networks import Backbone, Experts, count_parameters, use_experts
from .photographs import load_photos
from .run import AveragedWeights, Log, cosine, pick_device, save_checkpoint
from .train_base import gains, load_base, restoration_loss, unsure

SHAPE = Shape(128, 2)

#: How often a degradation is drawn, where not once: what gains slowest, and what is met most.
SHARES = {"jpeg": 2, "noise": 3, "blur": 2, "rain": 2, "raindrop": 3, "shadow": 3, "haze": 2, "low-light": 2, "inpainting": 3, "snow": 2}
#: Share of the steps on two faults, with the experts against both.
SECOND = 0.3
#: How often a degradation is one of two, where not once: haze hides what the other one did, and dark photographs are noisy ones.
SECOND_SHARES = {"haze": 2, "low-light": 3, "noise": 4}
#: Share of the steps on one fault in which a second expert acts too, whose fault is absent; and of those on clean crops.
IDLE, CLEAN = 0.2, 0.1
#: Share of the idle steps in which the code says the absent fault, too, so that it is as wrong as the choice.
DECEIVED = 0.6
#: How often an expert is the idle one, where not once: those that spoil most when they are chosen wrongly.
IDLE_SHARES = {"haze": 2, "shadow": 2, "raindrop": 2, "inpainting": 2, "low-light": 2}
#: Share of the pages among the clean crops of idle steps: writing must survive every expert.
PAGES = 0.3


@dataclass
class Plan:
    """What a step trains: the degradations that it puts in, the experts that act, and the absent one that the code believes in."""

    faults: list[str]
    acting: list[str]
    imagined: str | None = None


def plan(step: int, seed: int, names) -> Plan:
    """The same answer for the same step of the same seed.

    An expert that a router chose wrongly finds nothing of its own to repair. It learns to leave such images as they are.
    """
    source = Source((seed << 40) ^ (step << 8) ^ 1)

    def draw(shares: dict[str, int], but: list[str]) -> str:
        return source.choice([n for n in names if n not in but for _ in range(shares.get(n, 1))])

    kind = source.uniform(0, 1)
    if len(names) == 1 or kind >= CLEAN + IDLE + SECOND:
        single = [draw(SHARES, [])]
        return Plan(single, single)
    if kind >= CLEAN + IDLE:
        first = draw(SECOND_SHARES, [])
        both = [first, draw(SECOND_SHARES, [first])]
        return Plan(both, both)
    faults = [] if kind < CLEAN else [draw(SHARES, [])]
    idle = draw(IDLE_SHARES, faults)
    return Plan(faults, [*faults, idle], idle if source.chance(DECEIVED) else None)


class PlannedCrops(torch.utils.data.Dataset):
    """Item ``step`` is that step's batch as :class:`Crops` makes it, and its :class:`Plan`."""

    def __init__(self, photos, names, seed, steps: range):
        self.photos, self.names, self.seed, self.steps = photos, names, seed, steps

    def __len__(self):
        return len(self.steps)

    def __getitem__(self, position: int):
        step = self.steps[position]
        planned = plan(step, self.seed, self.names)
        pages = PAGES if len(planned.acting) > len(planned.faults) else 0.03
        crops = Crops(self.photos, Always(planned.faults), SHAPE, self.seed + 1, range(step, step + 1), pages)
        return (*crops[0], planned)


def train(arguments) -> None:
    device = pick_device(arguments.device)
    out = Path(arguments.out)
    photos, held_out = load_photos(arguments.photos, False), load_photos(arguments.photos, True)
    backbone, code = load_base(out, device)
    names = arguments.experts.split(",") if arguments.experts else list(DEGRADATIONS)
    torch.manual_seed(arguments.seed)
    experts = Experts(backbone, names, arguments.rank, 2 * arguments.rank).to(device)
    if arguments.start_from:
        load_exported_experts(Path(arguments.start_from), experts)
    average = AveragedWeights(experts, 0.995)
    optimizer = torch.optim.AdamW(experts.parameters(), lr=1e-3, weight_decay=1e-4)
    part = f"experts-{arguments.part}" if arguments.part else "experts"
    path, step = out / f"{part}.pt", 0
    if path.exists():
        state = torch.load(path, map_location=device)
        if state["names"] != names:
            raise SystemExit(f"{path} holds experts for {state['names']}, not {names}")
        experts.load_state_dict(state["experts"])
        average.module.load_state_dict(state["average"])
        optimizer.load_state_dict(state["optimizer"])
        step = state["step"]
    print(f"experts: {count_parameters(experts) // len(names)} parameters each, {names}, from step {step}", flush=True)
    columns = [*names, *(f"{n} base" for n in names)]
    log = Log(out / f"{part}.csv", ["step", "rate", "loss", *columns, "seconds"], step)

    def one_hot(chosen) -> torch.Tensor:
        mixture = torch.zeros(len(names), device=device)
        mixture[[names.index(name) for name in chosen]] = 1.0
        return mixture

    def restore_by(module):
        def restore(x, labels, severities, name):
            if module is None or name not in names:
                use_experts(backbone, None, None)
            else:
                use_experts(backbone, module, one_hot([name]))
            return backbone(x, code(labels, severities))

        return restore

    alone = {f"{k} base": v for k, v in gains(restore_by(None), held_out, device).items() if k in names}
    loader = torch.utils.data.DataLoader(
        PlannedCrops(photos, names, arguments.seed, range(step, arguments.steps)),
        batch_size=None,
        num_workers=arguments.workers,
        worker_init_fn=lambda _: torch.set_num_threads(1),
        collate_fn=lambda item: item,
    )
    saved, began, running, counted = time.time(), time.time(), 0.0, 0
    for damaged, clean, labels, severities, first, planned in loader:
        rate = cosine(step, arguments.steps, 1e-3 if arguments.start_from else 2e-3, 1e-5)
        for group in optimizer.param_groups:
            group["lr"] = rate
        generator = torch.Generator().manual_seed(step)
        belief, guessed = unsure(labels, severities, generator)
        if planned.imagined is not None:
            index = DEGRADATIONS.index(planned.imagined)
            belief[:, index], guessed[:, index] = 0.8, 0.2 + 0.4 * torch.rand(len(labels), generator=generator)
        damaged = damaged.to(device).contiguous(memory_format=torch.channels_last)
        use_experts(backbone, experts, one_hot(planned.acting))
        with torch.autocast(device.type, torch.bfloat16, enabled=arguments.precision == "bfloat16"):
            restored = backbone(damaged, code(belief.to(device), guessed.to(device)))
        loss = restoration_loss(restored.float(), clean.to(device), first).mean()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(experts.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        average.update(experts, step)
        running, counted, step = running + loss.item(), counted + 1, step + 1
        if step % 500 == 0 or step == arguments.steps:
            measured = gains(restore_by(average.module), held_out, device)
            kept = {k: v for k, v in measured.items() if k in names}
            log.write(step=step, rate=rate, loss=running / counted, **kept, **alone, seconds=time.time() - began)
            running, counted = 0.0, 0
        if time.time() - saved > 180 or step == arguments.steps:
            save_checkpoint(
                path,
                {
                    "names": names,
                    "rank": experts.rank,
                    "alpha": experts.alpha,
                    "experts": experts.state_dict(),
                    "average": average.module.state_dict(),
                    "optimizer": optimizer.state_dict(),
                    "step": step,
                },
            )
            saved = time.time()
    log.plot()


def load_experts(run: Path, backbone: Backbone, device) -> Experts:
    """The averaged experts of a run, of all its parts."""
    states = [torch.load(path, map_location=device) for path in sorted(run.glob("experts*.pt"))]
    first = states[0]
    experts = Experts(backbone, [n for s in states for n in s["names"]], first["rank"], first["alpha"]).to(device)
    for kind in ("lora_a", "lora_b"):
        for index, parameter in enumerate(getattr(experts, kind)):
            parameter.data.copy_(torch.cat([s["average"][f"{kind}.{index}"] for s in states]))
    return experts.requires_grad_(False)
