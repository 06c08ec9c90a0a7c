"""Stage 1: the backbone on all degradations at once, modulated by a code of what is wrong, and beside it one expert per degradation.

As in the paper, experts and backbone learn together: in a share of the steps a mixture of experts acts, in the others the backbone alone.
The code comes from the true faults and severities, through :class:`FaultCode`, so that backbone and router learn side by side; the
router's embedding learns to be that code afterwards (stage ``embed``). It is blurred and dropped at random, as an unsure router's would be.
At the end, with ``--told``, the finished router says what is wrong in a share of the steps, as it will, and its embedding learns what helps.
"""

from __future__ import annotations

import copy
import time
from pathlib import Path

import torch
import torch.nn as nn
import torch.nn.functional as F

from .crops import PAGES, Always, Crops, Shape
from .damage import DEGRADATIONS, Source
from .keep import kept
from .networks import EMBEDDING_SIZE, Backbone, Experts, compile_networks, count_parameters, use_experts
from .photographs import FINE, load_photos
from .plan import PAGES_FOR_IDLE, Plan, plan
from .router_data import Draw
from .run import AveragedWeights, Log, MuonAndAdamW, pick_device, psnr_loss, save_checkpoint
from .train_router import load_router, rate_at, save_embedding

#: What the backbone learns alone. Noise, JPEG and blur gain slowly and steadily, so they get most of the samples. What is not fine is learnt
#: in fewer and larger crops.
DRAW = Draw({"noise": 0.62, "jpeg": 0.38}, clean=0.05, second=0.15)
WIDE_DRAW = Draw(
    {"blur": 0.25, "rain": 0.08, "raindrop": 0.13, "haze": 0.09, "snow": 0.09, "low-light": 0.12, "shadow": 0.14, "inpainting": 0.1},
    clean=0.05,
    second=0.15,
)
#: A batch's crops: of fine faults, and of the others.
SHAPES = (Shape(96, 16), Shape(160, 6))
LAST_SHAPES = (Shape(160, 8), Shape(224, 4))
#: Share of the steps, at the end, on larger crops; of all steps, those in which no expert acts; and of these, those on faults that are not fine.
LAST, ALONE, ALONE_WIDE = 0.15, 0.15, 0.5
#: Faults that leave parts of an image as they were. A crop that has next to none of the damage counts by this mean squared
#: error besides its own, as the whole image would count it; others by 1e-5.
UNEVEN, UNEVEN_ERROR = {"raindrop", "shadow", "inpainting"}, 5e-4
#: How far severities are guessed wrongly at most, as a standard deviation: what is told wrongly should cost little.
UNSURE = 0.5
#: Weight of the pattern that repeats every 8 pixels in what the backbone adds. A photograph has none, and eyes see it in skies: it counts
#: the less, the more detail there is, as a standard deviation, and from this much on not at all. Detail hides its own errors among it, too.
LATTICE, DETAIL = 2000.0, 0.012


class FaultCode(nn.Module):
    """Labels [n, 10] and severities [n, 10] -> the code [n, 64] that modulates the backbone."""

    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(2 * len(DEGRADATIONS), 96), nn.GELU(), nn.Linear(96, EMBEDDING_SIZE), nn.GELU())

    def forward(self, labels, severities):
        return self.layers(torch.cat((labels, severities), 1))


def unsure(labels, severities, generator):
    """The labels as a router would guess them: severities off by a little or by a lot, sometimes a fault too many, sometimes none at all."""
    noise = torch.randn(severities.shape, generator=generator) * UNSURE * torch.rand((len(labels), 1), generator=generator)
    guessed = (severities + noise).clamp(0, 1) * labels
    belief = labels * (1 - 0.4 * torch.rand(labels.shape, generator=generator).square())
    wrong = (torch.rand(labels.shape, generator=generator) < 0.012).float() * (1 - labels)
    belief = belief + wrong * torch.rand(labels.shape, generator=generator)
    guessed = guessed + wrong * torch.rand(labels.shape, generator=generator) * 0.5
    keep = (torch.rand((len(labels), 1), generator=generator) > 0.08).float()
    return belief * keep, guessed * keep


def lattice(change: torch.Tensor) -> torch.Tensor:
    """Root mean square of the pattern of period 8 in each of [n, 3, h, w]: the means of the 64 phases, less the mean of all."""
    n, c, h, w = change.shape
    phases = change.view(n, c, h // 8, 8, w // 8, 8).mean((2, 4))
    return ((phases - phases.mean((2, 3), keepdim=True)).square().flatten(1).mean(1) + 1e-10).sqrt()


def smoothness(clean: torch.Tensor) -> torch.Tensor:
    """How little detail there is in each of [n, 3, h, w], 0 to 1."""
    detail = (clean - F.avg_pool2d(clean, 3, 1, 1, count_include_pad=False)).flatten(1).std(1)
    return (1 - detail / DETAIL).clamp(0, 1)


def restoration_loss(restored, clean, first):
    """Mean negative PSNR of samples whose first fault is that of index ``first`` [n], -1 for none, and their lattice."""
    uneven = torch.tensor([d in UNEVEN for d in DEGRADATIONS] + [False], device=restored.device)
    error = torch.where(uneven[first.to(restored.device)], UNEVEN_ERROR, 1e-5)
    return (psnr_loss(restored, clean, error) + LATTICE * smoothness(clean) * lattice(restored - clean)).mean()


@torch.no_grad()
def gains(restorer, photos, device, router=None, batches=5):
    """Mean PSNR gain in dB of each degradation over all severities, on held-out photographers: with its expert, and with none.

    The router says what is wrong, or the code where there is none. Crops are larger than any in training, as photographs are. Nothing counts as
    better than 50 dB, so that a crop with next to no damage does not outweigh the others.
    """
    right, alone = dict.fromkeys(DEGRADATIONS, 0.0), dict.fromkeys(DEGRADATIONS, 0.0)
    for index, name in enumerate(DEGRADATIONS):
        crops = Crops(photos, Always([name]), Shape(256, 4), 7000 + index, range(batches), 0, router is not None)
        for batch in range(batches):
            damaged, clean, labels, severities, _, *views = crops[batch]
            damaged, clean = damaged.to(device), clean.to(device)
            code = told(router, views[0], device) if router is not None else restorer.code(labels.to(device), severities.to(device))
            before = psnr_loss(damaged, clean)
            for gain, acting in ((right, [name]), (alone, [])):
                restored = (restorer(damaged, code, acting).clamp(0, 1) * 255).round() / 255
                gain[name] += (before - psnr_loss(restored, clean)).mean().item() / batches
    return right, alone


class PlannedCrops(torch.utils.data.Dataset):
    """Item ``step`` is that step's :class:`Plan`, and its batch as :class:`Crops` makes it; of any faults where no expert acts."""

    def __init__(self, photos, shapes: tuple[Shape, Shape], seed: int, steps: range, alone: float, seen: bool = False):
        self.photos, self.shapes, self.seed, self.steps, self.alone, self.seen = photos, shapes, seed, steps, alone, seen

    def __len__(self):
        return len(self.steps)

    def __getitem__(self, position: int):
        step = self.steps[position]
        source, single = Source((self.seed << 40) ^ (step << 8) ^ 2), range(step, step + 1)
        if source.chance(self.alone):
            wide = source.chance(ALONE_WIDE)
            return Plan([], []), Crops(self.photos, WIDE_DRAW if wide else DRAW, self.shapes[wide], self.seed, single, seen=self.seen)[0]
        planned = plan(step, self.seed)
        pages = PAGES_FOR_IDLE if len(planned.acting) > len(planned.faults) else PAGES
        shape = self.shapes[not FINE.issuperset(planned.acting)]  # by experts, so that the size does not say whose fault is there
        return planned, Crops(self.photos, Always(planned.faults), shape, self.seed + 1, single, pages, self.seen)[0]


def planned_stream(photos, shapes: tuple[Shape, Shape], seed: int, steps: range, workers: int, alone: float, seen: bool):
    return torch.utils.data.DataLoader(
        PlannedCrops(photos, shapes, seed, steps, alone, seen),
        batch_size=None,
        num_workers=workers,
        worker_init_fn=lambda _: torch.set_num_threads(1),
        prefetch_factor=4 if workers else None,
        collate_fn=lambda item: item,
    )


def mixture_of(names) -> torch.Tensor:
    """One for each of these experts, nought for the others."""
    mixture = torch.zeros(len(DEGRADATIONS))
    mixture[[DEGRADATIONS.index(name) for name in names]] = 1.0
    return mixture


class Restorer(nn.Module):
    """Backbone, the code that modulates it, and the experts: what this stage trains."""

    def __init__(self, rank: int = 4):
        super().__init__()
        self.backbone, self.code = Backbone(), FaultCode()
        self.experts = Experts(self.backbone, DEGRADATIONS, rank, 2 * rank)

    def forward(self, damaged, code, acting):
        """``code`` [n, 64] is what ``self.code`` or a router's embedding says; ``acting`` names the experts that act, for the whole batch."""
        use_experts(self.backbone, self.experts if acting else None, mixture_of(acting).to(damaged.device) if acting else None)
        return self.backbone(damaged, code)


def believed(labels, severities, planned: Plan, step: int):
    """What an unsure router would say, the absent fault that the plan imagines among it."""
    generator = torch.Generator().manual_seed(step)
    belief, guessed = unsure(labels, severities, generator)
    if planned.imagined is not None:
        index = DEGRADATIONS.index(planned.imagined)
        belief[:, index], guessed[:, index] = 0.8, 0.2 + 0.4 * torch.rand(len(labels), generator=generator)
    return belief, guessed


def told(router, views, device):
    """The router's embedding [n, 64] of each crop's canvas. Only the embedding learns."""
    with torch.no_grad():
        features = torch.cat([router.look(windows[None].to(device), scene[None].to(device))[0] for windows, scene in views])
    return router.embed(features)


def train(arguments) -> None:
    device = pick_device(arguments.device)
    out = Path(arguments.out)
    out.mkdir(parents=True, exist_ok=True)
    photos, held_out = load_photos(arguments.photos, False), load_photos(arguments.photos, True)
    torch.manual_seed(arguments.seed)
    if arguments.compile:
        compile_networks()
    restorer = Restorer(arguments.rank).to(device).to(memory_format=torch.channels_last)
    path, step = out / "base.pt", 0
    state = torch.load(path, map_location=device) if path.exists() else kept(arguments.start_from, "base")
    if state is not None:
        restorer.load_state_dict(state.get("restorer", state["average"]))
    restorer.requires_grad_(False)
    trained = nn.ModuleList([restorer.experts if arguments.frozen else restorer])
    router = averaged_router = load_router(out, device) if arguments.told else None
    if router is not None:
        trained.append(router.de_extractor)
        embedding = AveragedWeights(router.de_extractor)
        averaged_router = copy.deepcopy(router)
        averaged_router.de_extractor = embedding.module
    trained.requires_grad_(True)
    average = AveragedWeights(restorer)
    optimizer = MuonAndAdamW(trained.parameters())
    if state is not None:
        average.module.load_state_dict(state["average"])
        step = state["step"]
        optimizer.resume(state.get("optimizers", []))
    print(f"backbone: {count_parameters(restorer.backbone)} parameters, {len(photos)} photos, from step {step}", flush=True)
    columns = [*DEGRADATIONS, "mean", *(f"{n} alone" for n in DEGRADATIONS)]
    log = Log(out / "base.csv", ["step", "megapixels", "rate", "loss", *columns, "seconds"], step)
    saved, began, running, counted = time.time(), time.time(), 0.0, 0
    last = round((1 - LAST) * arguments.steps)
    for shapes, end in ((SHAPES, last), (LAST_SHAPES, arguments.steps)):
        if step >= end:
            continue
        loader = planned_stream(photos, shapes, arguments.seed, range(step, end), arguments.workers, 0.0 if arguments.frozen else ALONE, router is not None)
        for planned, (damaged, clean, labels, severities, first, *views) in loader:
            rate = rate_at(step, arguments.steps, arguments.rate, arguments.decay)
            if router is not None and Source(step).chance(arguments.told):
                code = told(router, views[0], device)
            else:
                code = restorer.code(*(x.to(device) for x in believed(labels, severities, planned, step)))
            damaged = damaged.to(device).contiguous(memory_format=torch.channels_last)
            with torch.autocast(device.type, torch.bfloat16, enabled=arguments.precision == "bfloat16"):
                restored = restorer(damaged, code, planned.acting)
            loss = restoration_loss(restored.float(), clean.to(device), first)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(trained.parameters(), 1.0)
            optimizer.step(rate)
            average.update(restorer, step)
            if router is not None:
                embedding.update(router.de_extractor, step)
            running, counted, step = running + loss.item(), counted + 1, step + 1
            if step % 1000 == 0 or step == arguments.steps:
                right, alone = gains(average.module, held_out, device, averaged_router)
                pixels = step * SHAPES[0].count * SHAPES[0].side**2 / 1e6
                log.write(
                    step=step,
                    megapixels=pixels,
                    rate=rate,
                    loss=running / counted,
                    mean=sum(right.values()) / len(right),
                    **right,
                    **{f"{name} alone": gain for name, gain in alone.items()},
                    seconds=time.time() - began,
                )
                running, counted = 0.0, 0
            if time.time() - saved > 180 or step == arguments.steps:
                save_checkpoint(
                    path,
                    {
                        "restorer": restorer.state_dict(),
                        "average": average.module.state_dict(),
                        "optimizers": optimizer.state(),
                        "rank": arguments.rank,
                        "step": step,
                    },
                )
                if router is not None:
                    save_embedding(out, embedding.module)
                saved = time.time()
    log.plot()


def load_restorer(run: Path, device) -> Restorer:
    """The averaged backbone, code and experts of a run, frozen."""
    state = torch.load(run / "base.pt", map_location=device)
    restorer = Restorer(state["rank"]).to(device)
    restorer.load_state_dict(state["average"])
    return restorer.eval().requires_grad_(False).to(memory_format=torch.channels_last)
