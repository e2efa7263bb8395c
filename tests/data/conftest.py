"""Real conversations, read as their command reads them, and their hourly sums in memory."""

from collections.abc import Callable, Sequence

import pytest

from benchmarks import _real
from lifecycle_core.conversations import Conversation
from lifecycle_core.rollup_tables import RollupTable


@pytest.fixture
def conversations() -> Callable[[str], tuple[Conversation, ...]]:
    """Reads a file of the shared data."""
    return _real.conversations


@pytest.fixture
def tabulated() -> Callable[[Sequence[Conversation]], RollupTable]:
    """Sums conversations of one version by hour."""
    return _real.tabulate
