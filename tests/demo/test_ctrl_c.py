import signal
from concurrent.futures import ThreadPoolExecutor

import pytest

from deployments.demo.ctrl_c import heard


class Pressing:
    """A name of threads that has Ctrl-C pressed while it is asked for."""

    def __str__(self):
        signal.raise_signal(signal.SIGINT)
        return "pool"


def test_ctrl_c_is_raised_at_once():
    with heard(), pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


def test_a_second_ctrl_c_is_not_raised():
    with heard():
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)


def test_ctrl_c_never_leaves_a_thread_half_started_and_is_raised_by_the_next_wait():
    with heard() as heed, ThreadPoolExecutor(1, thread_name_prefix=Pressing()) as pool:
        assert pool.submit(int).result(timeout=10) == 0
        with pytest.raises(KeyboardInterrupt):
            heed()
