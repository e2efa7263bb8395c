"""What `lifecycle doctor` finds: one look at the installation, and what to do about it."""

from typing import Literal, NamedTuple

State = Literal["ok", "warning", "failure"]
COLOURS: dict[State, str] = {"ok": "green", "warning": "yellow", "failure": "bold red"}


class Finding(NamedTuple):
    """One look at the installation; no remedy where all is well."""

    name: str
    state: State
    found: str
    remedy: str = ""
