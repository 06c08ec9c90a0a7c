"""Keeps a run where its full checkpoints would be lost: the averaged weights of router and base as half floats, small enough to commit.

``--start-from`` of the stages ``router`` and ``base`` goes on from them, with a fresh optimiser and schedule. ``mean`` makes one router of
several that one run went through, each with its rate at the end: what one of them learnt by chance weighs less.
"""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file

from .run import save_checkpoint

NAMES = ("router", "base")


def keep(arguments) -> None:
    run, out = Path(arguments.run), Path(arguments.out)
    out.mkdir(parents=True, exist_ok=True)
    for name in NAMES:
        path = run / f"{name}.pt"
        if not path.exists():
            continue
        state = torch.load(path, map_location="cpu")
        tensors = {k: v.half().contiguous() if v.is_floating_point() else v.contiguous() for k, v in state["average"].items()}
        save_file(tensors, out / f"{name}.safetensors", {"step": str(state["step"]), "rank": str(state.get("rank", 0))})
        print(f"{name}: step {state['step']}, {(out / f'{name}.safetensors').stat().st_size / 1e6:.1f} MB")


def mean(arguments) -> None:
    states = [torch.load(path, map_location="cpu") for path in arguments.routers]
    last = states[-1]
    tensors = {k: [state["average"][k] for state in states] for k in last["average"]}
    average = {k: torch.stack(each).mean(0) if each[-1].is_floating_point() else each[-1] for k, each in tensors.items()}
    out = Path(arguments.out)
    out.mkdir(parents=True, exist_ok=True)
    save_checkpoint(out / "router.pt", {"average": average, "step": last["step"]})


def kept(folder: str | None, name: str) -> dict | None:
    """What was kept of a stage, as its checkpoint would be read; None if there is nothing to go on from."""
    path = Path(folder or ".") / f"{name}.safetensors"
    if folder is None or not path.exists():
        return None
    with safe_open(path, "pt") as file:
        tensors = {key: file.get_tensor(key) for key in file.keys()}
        metadata = file.metadata()
    weights = {k: v.float() if v.is_floating_point() else v for k, v in tensors.items()}
    return {"average": weights, "step": 0, "rank": int(metadata["rank"])}
