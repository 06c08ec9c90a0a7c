"""python -m limpid_training router|base|embed|weigh|keep|mean|export|sheet ..."""

from __future__ import annotations

import argparse
import importlib

STAGES = {
    "router": ("train_router", 14000),
    "base": ("train_base", 20000),
    "embed": ("train_embedding", 2500),
    "weigh": ("weigh", 1200),
}
#: What trains nothing, and the function that does it.
TOOLS = {"keep": ("keep", "keep"), "mean": ("keep", "mean"), "export": ("export", "export"), "sheet": ("sheet", "draw")}


def main() -> None:
    parser = argparse.ArgumentParser(prog="limpid_training", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, (_, steps) in STAGES.items():
        stage = commands.add_parser(name)
        stage.add_argument("--photos", required=True, help="folder of clean training photographs")
        stage.add_argument("--out", required=True, help="folder of the run: checkpoints, log, plot")
        stage.add_argument("--steps", type=int, default=steps)
        stage.add_argument("--seed", type=int, default=1)
        stage.add_argument("--device", default="auto", help="auto, cpu or cuda")
        stage.add_argument("--workers", type=int, default=1)
        stage.add_argument("--threads", type=int, default=0, help="CPU threads; 0 leaves PyTorch's own choice")
        stage.add_argument("--precision", choices=("float32", "bfloat16"), default="float32")
        stage.add_argument("--compile", action="store_true", help="base: compile the backbone, which needs a C++ compiler and a minute")
        stage.add_argument("--rate", type=float, default=2e-3, help="router and base: highest learning rate")
        stage.add_argument("--decay", type=float, default=0.3, help="router and base: last share of the steps over which the learning rate falls")
        stage.add_argument("--start-from", help="router and base: a folder that `keep` wrote, to go on from with a fresh schedule; the router sees mild faults at once")
        stage.add_argument("--frozen", action="store_true", help="base: train the experts alone, on the backbone as it is")
        stage.add_argument("--told", type=float, default=0, help="base, after embed: share of the steps that the router tells what is wrong; its embedding learns, too")
        stage.add_argument("--rank", type=int, default=4, help="base: rank of the experts")
    keep = commands.add_parser("keep")
    keep.add_argument("--run", required=True)
    keep.add_argument("--out", required=True, help="folder for the half floats")
    mean = commands.add_parser("mean")
    mean.add_argument("routers", nargs="+", help="router.pt of runs whose rate has fallen to its end")
    mean.add_argument("--out", required=True, help="folder for the one whose weights are the mean of theirs: a run for `embed` and `weigh`")
    export = commands.add_parser("export")
    export.add_argument("--run", required=True)
    export.add_argument("--models", required=True)
    export.add_argument("--version", required=True)
    export.add_argument("--photos", required=True, help="folder that holds the training photographs, beside SOURCES.csv")
    sheet = commands.add_parser("sheet")
    sheet.add_argument("--photos", required=True, help="folder of photographs")
    sheet.add_argument("--out", required=True, help="the picture to write: what every recipe does to them, and what is to be left alone")
    sheet.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    if arguments.command in TOOLS:
        module, function = TOOLS[arguments.command]
        getattr(importlib.import_module(f".{module}", __package__), function)(arguments)
        return
    if arguments.threads:
        import torch

        torch.set_num_threads(arguments.threads)
    importlib.import_module(f".{STAGES[arguments.command][0]}", __package__).train(arguments)


if __name__ == "__main__":
    main()
