import pytest

from lifecycle_core.versions.stack import Stack
from lifecycle_core.versions.version import READY_FOR_ROLLBACK


def test_the_top_is_active():
    assert Stack((3, 2), rollbacks=0).active == 3


def test_a_rollback_goes_to_what_stands_under_the_top():
    assert Stack((3, 1), rollbacks=0).below == 1


@pytest.mark.parametrize("rollbacks", range(READY_FOR_ROLLBACK))
def test_a_rollback_reaches_three_activations_back(rollbacks):
    assert Stack((3, 1), rollbacks).below == 1


def test_a_fourth_rollback_in_a_row_has_nowhere_to_go():
    stack = Stack((3, 1), rollbacks=READY_FOR_ROLLBACK)
    assert stack.below is None
    assert stack.because() == "was rolled back 3 times in a row and keeps no older version ready; activate one by its number"


def test_without_an_activation_there_is_nothing_to_go_back_from():
    assert Stack((), rollbacks=0).because() == "has no active version; activate one by its number"


def test_with_one_activation_there_is_nothing_to_go_back_to():
    assert Stack((2,), rollbacks=0).because() == "had no other version active before version 2; activate one by its number"
