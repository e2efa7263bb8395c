"""Real conversations, read as their command reads them, and their hourly sums in memory."""

from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from benchmarks.ingest import COMMANDS, mapping_of
from lifecycle_core.conversations import Conversation
from lifecycle_core.rollups import ACTION_SLOTS, NAMED_ACTIONS, OTHER_ACTIONS, RollupTable, epoch_hour, summarize
from lifecycle_core.traffic.reading import Reading


@pytest.fixture
def conversations(shared_data) -> Callable[[str], tuple[Conversation, ...]]:
    """Reads a file of the shared data."""
    return lambda name: _read(shared_data / name, COMMANDS[name])


@pytest.fixture
def tabulated() -> Callable[[Sequence[Conversation]], RollupTable]:
    """Sums conversations of one version by hour."""
    return _tabulated


@cache
def _read(path: Path, options: str) -> tuple[Conversation, ...]:
    with path.open("rb") as stream:
        batches = Reading(stream, path.name, mapping_of(path, options)).batches()
        return tuple(it.served_by(1) for batch in batches for it in batch.conversations)


def _tabulated(conversations: Sequence[Conversation]) -> RollupTable:
    calls = Counter(action for it in conversations for action in it.actions)
    slots = {name: slot for slot, (name, _) in enumerate(calls.most_common(NAMED_ACTIONS))}
    received_at = max(it.ended_at for it in conversations)
    rollups = sorted(summarize(conversations, slots, received_at).items())
    names = [*slots, *[""] * (NAMED_ACTIONS - len(slots)), OTHER_ACTIONS]
    assert len(names) == ACTION_SLOTS
    return RollupTable(
        rollups[0][0].variant,
        1,
        tuple(names),
        np.array([epoch_hour(key.hour) for key, _ in rollups]),
        np.array([key.provider_fault for key, _ in rollups]),
        np.stack([sums for _, sums in rollups]),
    )
