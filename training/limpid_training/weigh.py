"""Chooses the probability from which each fault counts as present: where its expert begins to gain more than it spoils.

On held-out photographers, with whole pictures through router, backbone and experts as they ship: for each picture and each expert,
what acting would add in dB, beside the probability that the router gave. The threshold is the one with the largest sum of gains, no
lower than where clean pictures stay alone.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from .damage import DEGRADATIONS, Source, degrade, encode, rounded
from .export import EXPERT_NAMES, load_exported_experts
from .networks import Backbone, Experts, Router, use_experts
from .photographs import frame, load_photos
from .router_data import PAGES, Draw, views_of
from .run import pick_device, save_checkpoint
from .train_base import load_base
from .train_embedding import load_router
from .train_experts import load_experts

#: A result that is nearer than this to its original, in dB, counts as equal to it.
CEILING = 45.0
#: Share of the clean held-out pictures that each fault may take for damaged, a tenth of what all may.
FALSE_ALARMS = 0.004
LOWEST, HIGHEST = 0.4, 0.97
SIZE = (288, 384)


def psnr(x: np.ndarray, clean: np.ndarray) -> float:
    return min(CEILING, float(-10 * np.log10(np.square(x - clean).mean() + 1e-10)))
