"""Which faults a step of the experts' training puts in, and which experts act.

Each step draws one degradation, or two for a share of the steps, where both experts act together and learn to; in others
an expert acts whose degradation is absent, as one that the router chose wrongly does, and learns to do no harm.
"""

from __future__ import annotations

from dataclasses import dataclass

from .damage import DEGRADATIONS, Source

#: How often a degradation is drawn, where not once: what gains slowest, and what is met most.
SHARES = {"noise": 13, "jpeg": 7, "blur": 5, "shadow": 4, "raindrop": 3, "inpainting": 3, "low-light": 3, "rain": 3, "snow": 3, "haze": 2}
#: Share of the steps on two faults, with the experts against both.
SECOND = 0.28
#: How often a degradation is one of two, where not once: haze hides what the other one did, and dark photographs are noisy ones.
SECOND_SHARES = {"noise": 4, "haze": 3, "low-light": 3, "rain": 2, "snow": 2}
#: Share of the steps on one fault in which a second expert acts too, whose fault is absent; and of those on clean crops.
IDLE, CLEAN = 0.2, 0.08
#: Share of the idle steps in which the code says the absent fault, too, so that it is as wrong as the choice.
DECEIVED = 0.45
#: How often an expert is the idle one, where not once: those that spoil most when they are chosen wrongly.
IDLE_SHARES = {"shadow": 2, "raindrop": 2, "inpainting": 2, "low-light": 2}
#: Share of pages where an expert is idle: writing must survive every expert.
PAGES_FOR_IDLE = 0.3


@dataclass
class Plan:
    """What a step trains: the degradations that it puts in, the experts that act, and the absent one that the code believes in."""

    faults: list[str]
    acting: list[str]
    imagined: str | None = None


def plan(step: int, seed: int) -> Plan:
    """The same answer for the same step of the same seed.

    An expert that a router chose wrongly finds nothing of its own to repair. It learns to leave such images as they are.
    """
    source = Source((seed << 40) ^ (step << 8) ^ 1)

    def draw(shares: dict[str, int], but: list[str]) -> str:
        return source.choice([n for n in DEGRADATIONS if n not in but for _ in range(shares.get(n, 1))])

    kind = source.uniform(0, 1)
    if kind >= CLEAN + IDLE + SECOND:
        single = [draw(SHARES, [])]
        return Plan(single, single)
    if kind >= CLEAN + IDLE:
        first = draw(SECOND_SHARES, [])
        both = [first, draw(SECOND_SHARES, [first])]
        return Plan(both, both)
    faults = [] if kind < CLEAN else [draw(SHARES, [])]
    idle = draw(IDLE_SHARES, faults)
    return Plan(faults, [*faults, idle], idle if source.chance(DECEIVED) else None)
