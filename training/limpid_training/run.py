"""What the three stages share: device, schedule, averaged weights, checkpoints, log and plot."""

from __future__ import annotations

import copy
import csv
import math
import os
import time
from pathlib import Path

import torch


def pick_device(name: str) -> torch.device:
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(name)


def cosine(step: int, steps: int, high: float, low: float, warmup: int = 100) -> float:
    """Learning rate at a step: a short linear rise, then half a cosine from high to low."""
    if step < warmup:
        return high * (step + 1) / warmup
    progress = (step - warmup) / max(1, steps - warmup)
    return low + (high - low) * 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))


def psnr_loss(restored: torch.Tensor, clean: torch.Tensor, epsilon: float = 1e-5) -> torch.Tensor:
    """Mean over the batch of 10 log10(MSE): the negative PSNR on [0, 1]. Returns one value a sample."""
    mse = (restored - clean).square().flatten(1).mean(1)
    return 10 / math.log(10) * torch.log(mse + epsilon)


class AveragedWeights:
    """An exponential moving average of a module's parameters."""

    def __init__(self, module: torch.nn.Module, decay: float = 0.999):
        self.module = copy.deepcopy(module).requires_grad_(False)
        self.decay = decay

    @torch.no_grad()
    def update(self, module: torch.nn.Module, step: int) -> None:
        decay = min(self.decay, (1 + step) / (10 + step))
        average = list(self.module.parameters())
        current = list(module.parameters())
        torch._foreach_mul_(average, decay)
        torch._foreach_add_(average, current, alpha=1 - decay)
        for mine, theirs in zip(self.module.buffers(), module.buffers()):
            mine.copy_(theirs)


def as_matrix(x: torch.Tensor) -> torch.Tensor:
    """A kernel [out, in, h, w] as [out, h * w * in], which is a view of it if its channels lie last; a matrix as it is."""
    return x if x.ndim == 2 else x.permute(0, 2, 3, 1).flatten(1)


class MuonAndAdamW:
    """Muon for matrices and for the kernels that mix channels, AdamW for all else, each expert apart. PyTorch's, whose Muon takes
    nothing but matrices."""

    #: With fewer rows or columns than this it is colours, a bottleneck, or a kernel of one channel.
    LEAST = 12

    def __init__(self, parameters):
        parameters = list(parameters)
        self.mixing = [p for p in parameters if p.ndim in (2, 4) and min(len(p), p[0].numel()) >= self.LEAST]
        self.factors = [p for p in parameters if p.ndim == 3]  # those of all experts
        apart = {id(p) for p in (*self.mixing, *self.factors)}
        others = [p for p in parameters if id(p) not in apart]
        self.matrices = [torch.nn.Parameter(as_matrix(p.detach())) for p in self.mixing]
        if any(matrix.data_ptr() != p.data_ptr() for matrix, p in zip(self.matrices, self.mixing)):
            raise ValueError("the channels of these kernels do not lie last")
        # An expert that did not act stays as it is. Moments that went on without it would forget all but the last batch that it saw.
        self.experts = [[torch.nn.Parameter(expert) for expert in p.detach()] for p in self.factors]
        others += [expert for experts in self.experts for expert in experts]
        self.parts = [torch.optim.AdamW(others, weight_decay=1e-3, betas=(0.9, 0.99))]
        if self.matrices:
            self.parts.append(torch.optim.Muon(self.matrices, weight_decay=1e-3, adjust_lr_fn="match_rms_adamw"))

    def step(self, rate: float) -> None:
        """Takes a step and forgets the gradients."""
        for parameter, matrix in zip(self.mixing, self.matrices):
            matrix.grad = None if parameter.grad is None else as_matrix(parameter.grad)
            parameter.grad = None
        for parameter, experts in zip(self.factors, self.experts):
            if parameter.grad is None:
                continue
            for expert, gradient, acted in zip(experts, parameter.grad, parameter.grad.flatten(1).any(1).tolist()):
                expert.grad = gradient if acted else None
            parameter.grad = None
        for part in self.parts:
            part.param_groups[0]["lr"] = rate
            part.step()
            part.zero_grad(set_to_none=True)

    def state(self) -> list[dict]:
        return [part.state_dict() for part in self.parts]

    def resume(self, states: list[dict]) -> None:
        """Goes on from these, where the same parameters were trained."""
        if [len(s["param_groups"][0]["params"]) for s in states] == [len(part.param_groups[0]["params"]) for part in self.parts]:
            for part, state in zip(self.parts, states):
                part.load_state_dict(state)


def save_checkpoint(path: Path, state: dict) -> None:
    """Written beside and renamed, so that an interrupted save leaves the old one."""
    temporary = path.with_suffix(".part")
    torch.save(state, temporary)
    os.replace(temporary, path)


class Log:
    """A CSV of one row a report, appended to on resume, and a plot of its curves."""

    def __init__(self, path: Path, columns: list[str], resume_step: int):
        self.path, self.columns = path, columns
        rows = []
        if resume_step and path.exists():
            with path.open() as handle:
                rows = [row for row in csv.DictReader(handle) if int(row["step"]) <= resume_step]
        with path.open("w", newline="") as handle:
            writer = csv.DictWriter(handle, columns)
            writer.writeheader()
            writer.writerows(rows)
        self.started = time.time()

    def write(self, **values) -> None:
        values = {k: f"{v:.4f}" if isinstance(v, float) else v for k, v in values.items()}
        with self.path.open("a", newline="") as handle:
            csv.DictWriter(handle, self.columns).writerow(values)
        print(f"{time.time() - self.started:7.0f}s  " + "  ".join(f"{k} {v}" for k, v in values.items()), flush=True)

    def plot(self) -> None:
        import matplotlib

        matplotlib.use("Agg")
        import matplotlib.pyplot as plt

        with self.path.open() as handle:
            rows = list(csv.DictReader(handle))
        if len(rows) < 2:
            return
        figure, axes = plt.subplots(figsize=(9, 5))
        steps = [int(row["step"]) for row in rows]
        for column in self.columns:
            if column in ("step", "rate", "seconds") or not all(row[column] for row in rows):
                continue
            axes.plot(steps, [float(row[column]) for row in rows], label=column)
        axes.set_xlabel("step")
        axes.grid(alpha=0.3)
        axes.legend(fontsize=7, ncol=3)
        figure.tight_layout()
        figure.savefig(self.path.with_suffix(".png"), dpi=110)
        plt.close(figure)
