"""Keys as text: made from chance, mistyped, and never told by accident."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lifecycle_core.access import RANDOM_BYTES, Role, Secret, reach
from lifecycle_core.errors import UnauthenticatedError

CHANCE = st.binary(min_size=RANDOM_BYTES, max_size=RANDOM_BYTES)


@given(CHANCE)
def test_what_is_made_is_read_back(chance):
    made = Secret.made(chance)
    assert Secret.parse(made.text) == made
    assert made.matches(made.hash)


def test_130_bits_of_chance_decide_about_the_secret():
    flipped = {Secret.made((1 << bit).to_bytes(RANDOM_BYTES)).text.split("_")[2] for bit in range(8 * RANDOM_BYTES)}
    assert len(flipped) - 1 >= 128


@given(CHANCE, st.integers(3, 42), st.sampled_from("0123456789abcdefghjkmnpqrstvwxyz"))
def test_one_wrong_letter_is_noticed_without_a_database(chance, place, letter):
    text = Secret.made(chance).text
    wrong = text[:place] + letter + text[place + 1 :]
    if wrong != text:
        with pytest.raises(UnauthenticatedError):
            Secret.parse(wrong)


@pytest.mark.parametrize("text", ["", "al_", "al_00000000_", "sk-proj-1234", "al_" + "0" * 10_000])
def test_what_is_no_key_is_refused_and_not_told_again(text):
    with pytest.raises(UnauthenticatedError) as refused:
        Secret.parse(text)
    assert "00000" not in str(refused.value)


def test_a_secret_is_not_in_its_repr():
    made = Secret.made(bytes(range(RANDOM_BYTES)))
    assert made.text.split("_")[2] not in repr(made)


def test_what_each_role_includes():
    assert {role: set(reach([role])) for role in Role} == {
        Role.READ: {Role.READ},
        Role.INGEST: {Role.INGEST},
        Role.OPERATE: {Role.READ, Role.OPERATE},
        Role.APPROVE: {Role.READ, Role.OPERATE, Role.APPROVE},
        Role.ADMIN: set(Role),
    }
