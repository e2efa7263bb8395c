"""Whose turn it is to write: in order, and the urgent first."""

import threading

import pytest

from lifecycle_core.store.turns import Turns, TurnTimeoutError


def queue(turns, names):
    """Threads that wait for their turns, begun in this order, the urgent ones in capitals: -> the order in which they had them."""
    had, threads = [], []

    def take(name):
        with turns.taken(urgent=name.isupper()):
            had.append(name)

    with turns.taken():
        for number, name in enumerate(names, start=1):
            threads.append(threading.Thread(target=take, args=(name,)))
            threads[-1].start()
            while len(turns._waiting) < number:
                pass
    for it in threads:
        it.join()
    return "".join(had)


def test_turns_come_in_the_order_of_asking():
    assert queue(Turns(within_s=10), "abcdef") == "abcdef"


def test_the_urgent_go_first():
    assert queue(Turns(within_s=10), "abXcYd") == "XYabcd"


def test_who_waits_too_long_is_told_and_keeps_nobody_waiting():
    turns = Turns(within_s=0.01)
    with turns.taken(), pytest.raises(TurnTimeoutError), turns.taken():
        pass
    assert queue(turns, "") == ""


def test_a_turn_that_fails_is_given_back():
    turns = Turns(within_s=1)
    with pytest.raises(ZeroDivisionError), turns.taken():
        raise ZeroDivisionError
    assert queue(turns, "ab") == "ab"
