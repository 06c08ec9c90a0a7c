"""Writes a run's averaged weights as half-float safetensors, with the model.json that binds them."""

from __future__ import annotations

import csv
import hashlib
import json
from collections import Counter
from pathlib import Path

import torch
from safetensors.torch import save

from .damage import DEGRADATIONS
from .networks import BACKBONE_CONFIG, ROUTER_CONFIG, Router
from .photographs import is_held_out
from .train_base import load_restorer

EXPERT_NAMES = {
    "noise": "denoise",
    "jpeg": "dejpeg",
    "blur": "deblur",
    "rain": "derain",
    "raindrop": "deraindrop",
    "haze": "dehaze",
    "snow": "desnow",
    "low-light": "relight",
    "shadow": "deshadow",
    "inpainting": "inpaint",
}
MODEL_ID = "limpid.compact"
#: Probability from which a fault counts as present, unless calibration chose one for it.
THRESHOLD = 0.7
LICENCE = "Apache-2.0"


def halves(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name: tensors[name].detach().cpu().to(torch.float16).contiguous() for name in sorted(tensors)}


def tensor_sha256(tensors: dict[str, torch.Tensor]) -> str:
    """SHA-256 over the tensors' bytes alone, in the order of their names: what an expert is bound to."""
    digest = hashlib.sha256()
    for name in sorted(tensors):
        digest.update(tensors[name].numpy().tobytes())
    return digest.hexdigest()


def ordered(data: bytes) -> bytes:
    """The same safetensors file with its header's keys in order: the library writes metadata in another order each time."""
    length = int.from_bytes(data[:8], "little")
    header = json.dumps(json.loads(data[8 : 8 + length]), sort_keys=True, separators=(",", ":")).encode()
    header += b" " * (-len(header) % 8)
    return len(header).to_bytes(8, "little") + header + data[8 + length :]


def write(folder: Path, name: str, tensors: dict[str, torch.Tensor], metadata: dict[str, str]) -> dict:
    data = ordered(save(tensors, metadata))
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return {"file": name, "size": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def sources(photos: Path, models: Path) -> dict:
    """Copies the training photographs' sources beside the weights and sums them up by licence.

    Photographs that are listed there already stay: weights that go on from others have learnt from theirs, too.
    """
    table = models / "SOURCES.csv"
    with (photos.parent / "SOURCES.csv").open() as handle:
        rows = [row for row in csv.DictReader(handle) if row["file"].startswith(f"{photos.name}/")]
    before = set()
    if table.exists():
        with table.open() as handle:
            before = {row["file"] for row in csv.DictReader(handle)}
    kept = [row for row in rows if row["file"] in before or not is_held_out(Path(row["file"]), row["author"])]
    with table.open("w", newline="") as handle:
        writer = csv.DictWriter(handle, ["file", "source", "author", "licence"], extrasaction="ignore")
        writer.writeheader()
        writer.writerows(kept)
    return {"photographs": len(kept), "sources": table.name, "licences": dict(sorted(Counter(r["licence"] for r in kept).items()))}


def router_tensors(router: Router) -> dict[str, torch.Tensor]:
    """The router as it ships: normalisation folded into convolutions and first linear layers, no severity head."""
    tensors = {}
    for name in ("detail_encoder", "scene_encoder"):
        for index, layer in enumerate(getattr(router, name).layers):
            tensors[f"{name}.layers.{index}.weight"], tensors[f"{name}.layers.{index}.bias"] = layer.folded()
    scale = router.norm.weight / torch.sqrt(router.norm.running_var + router.norm.eps)
    shift = router.norm.bias - router.norm.running_mean * scale
    for name in ("de_extractor", "cls_head"):
        first, last = getattr(router, name)[0], getattr(router, name)[2]
        tensors[f"{name}.0.weight"], tensors[f"{name}.0.bias"] = first.weight * scale, first.bias + first.weight @ shift
        tensors[f"{name}.2.weight"], tensors[f"{name}.2.bias"] = last.weight, last.bias
    return tensors


def export(arguments) -> None:
    run, models = Path(arguments.run), Path(arguments.models)
    models.mkdir(parents=True, exist_ok=True)
    common = {"format": "pt", "limpid.format": "1", "limpid.license": LICENCE}

    base = torch.load(run / "base.pt", map_location="cpu")
    part = "backbone."
    tensors = halves({name[len(part) :]: tensor for name, tensor in base["average"].items() if name.startswith(part)})
    identity = tensor_sha256(tensors)
    backbone = write(models, "backbone.safetensors", tensors, {**common, "limpid.id": MODEL_ID, "limpid.config": json.dumps(BACKBONE_CONFIG)})

    router = torch.load(run / "router.pt", map_location="cpu")
    module = Router(len(DEGRADATIONS))
    module.load_state_dict(router["average"])
    metadata = {**common, "limpid.config": json.dumps(ROUTER_CONFIG)}
    router_file = write(models, "router.safetensors", halves(router_tensors(module.eval())), metadata)

    experts = []
    restorer = load_restorer(run, "cpu")
    rank, alpha = restorer.experts.rank, restorer.experts.alpha
    for index, degradation in enumerate(DEGRADATIONS):
        factors = {}
        for target, a, b in zip(restorer.experts.targets, restorer.experts.lora_a, restorer.experts.lora_b):
            factors[f"{target}.lora_A"], factors[f"{target}.lora_B"] = a[index], b[index]
        identifier = f"limpid.{EXPERT_NAMES[degradation]}"
        metadata = {
            **common,
            "limpid.expert": identifier,
            "limpid.base.id": MODEL_ID,
            "limpid.base.sha256": identity,
            "limpid.rank": str(rank),
            "limpid.alpha": str(alpha),
            "limpid.degradations": json.dumps([degradation]),
        }
        file = write(models, f"experts/{EXPERT_NAMES[degradation]}.safetensors", halves(factors), metadata)
        experts.append({"id": identifier, **file, "degradations": [degradation], "rank": rank, "alpha": alpha, "strength": 1})
    manifest = {
        "formatVersion": 1,
        "id": MODEL_ID,
        "version": arguments.version,
        "license": LICENCE,
        "backbone": {**backbone, "tensorSha256": identity, "config": BACKBONE_CONFIG},
        "router": {
            **router_file,
            "config": ROUTER_CONFIG,
            "degradations": list(DEGRADATIONS),
            "threshold": THRESHOLD,
            "thresholds": router.get("thresholds", {}),
            **({"secondThreshold": router["second_threshold"]} if "second_threshold" in router else {}),
        },
        "experts": experts,
        "training": {
            **sources(Path(arguments.photos), models),
            "steps": {"router": router["step"], "base": base["step"]},
        },
    }
    (models / "model.json").write_text(json.dumps(manifest, indent=2) + "\n")
    total = backbone["size"] + router_file["size"]
    print(f"wrote {models}: base and router {total / 1e6:.2f} MB, {len(experts)} experts")
