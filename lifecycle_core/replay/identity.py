"""What decides how a replay goes, as one hash: what was served before under the same is the same replay, and need not be paid for again."""

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Final

from lifecycle_core.replay.agent import Agent
from lifecycle_core.replay.customer import INSTRUCTIONS
from lifecycle_core.replay.episode import Replay, Scenario

RULES: Final = 1
"""Counts up when the sandbox or the customer answers otherwise: what was served under other rules is another replay."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """One replay of a case by a version, and the hash of all that decides it."""

    content_hash: str
    case_id: str
    version: int
    replay: Replay


def replay_key(agent: Agent, scenario: Scenario, replay: int, customer_model: str, address: str = "") -> str:
    """The SHA-256, in hexadecimal, of agent, scenario, customer and the replay's number; the scenario's own name is no part of it.

    address : where the agent is served that is a service of its own.
    """
    decides = {
        "rules": RULES,
        "agent": asdict(agent),
        "address": address,
        "customer": [customer_model, INSTRUCTIONS],
        "scenario": [scenario.goal, scenario.seed, asdict(scenario.setting), scenario.outcome],
        "today": scenario.ended_at.date().isoformat() if agent.toolbox.dated else None,
        "replay": replay,
    }
    return hashlib.sha256(json.dumps(decides, sort_keys=True, default=dict).encode()).hexdigest()
