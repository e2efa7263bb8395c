"""Power loss at any instant; `python -m benchmarks powerloss` tries a thousand of them."""

import pytest

from benchmarks import powerloss


@pytest.mark.slow
def test_what_is_on_the_disk_at_any_instant_holds_and_has_every_acknowledged_batch():
    told = powerloss.run(times=6)
    assert (told["acknowledged_lost"], told["violations"]) == (0, 0)
