import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lifecycle_core.rollups import WIDTH
from lifecycle_core.store.packing import pack, unpack


@given(st.lists(st.lists(st.integers(0, 3), min_size=7, max_size=7), max_size=5))
def test_what_is_packed_is_read_back(rows):
    sums = np.zeros((len(rows), WIDTH))
    for row, values in enumerate(rows):
        sums[row, -7:] = values
    found = unpack(pack(sums))
    again = np.zeros_like(sums)
    again[found.row, found.place] = found.value
    assert (again == sums).all()
    assert (np.diff(found.row) >= 0).all()


@pytest.mark.parametrize("damaged", [b"\x00", b"\xff" * 10, b"\x00\x00" + b"\xff" * 8], ids=["torn", "a place beyond", "no number"])
def test_bytes_that_nobody_packed_are_refused(damaged):
    with pytest.raises(ValueError, match="a rollup has"):
        unpack([b"", damaged])
