"""The exit codes that the help documents: each by a command that ends with it."""

import pytest

from deployments.cli.main import EPILOG


def drifting(watched):
    return watched("drift", "check", "baseline", "--at", "2025-10-07T12:00:00Z")


CODES = {
    0: lambda watched: watched("versions", "list"),
    1: lambda watched: watched("versions", "rollback", "baseline"),
    2: lambda watched: watched("drift", "check", "baselin"),
    3: lambda watched: watched("status", "--watch", "--every", 0.1, "--timeout", 0.1),
    5: drifting,
}
ELSEWHERE = {4, 130}
"""Not allowed, and Ctrl-C, of `test_main`: four eyes and a signal need more than a command."""


def test_every_documented_code_is_tried():
    documented = {int(line.split()[0]) for line in EPILOG.partition("Exit codes:")[2].splitlines() if line.strip()}
    assert documented == set(CODES) | ELSEWHERE


@pytest.mark.parametrize("code", CODES)
def test_a_command_ends_with_it(watched, code):
    assert CODES[code](watched).exit_code == code
