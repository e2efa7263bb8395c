"""Files that mean harm, or were harmed: each comes to what is expected of it, and good records beside it come in."""

import pytest

from benchmarks import _hostile_files
from benchmarks.formats import outcome

FILES = _hostile_files.files()
"""Of bombs, a smaller one is among the tests of lines."""


@pytest.mark.parametrize("it", FILES, ids=[it.name for it in FILES])
def test_a_hostile_file_has_a_clear_end(it):
    kept, refused, said = outcome(it.content)

    assert (kept, refused) == (it.kept, it.refused)
    assert said or not (kept is None or refused)
