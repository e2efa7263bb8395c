"""What every part of the demo has at hand: the screen, the tree of processes, the customers, and what was found so far."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar

from deployments.demo.customers import Customers
from deployments.demo.screen import Screen
from deployments.demo.tree import Tree
from lifecycle_core.errors import SetupError
from lifecycle_core.operations import retraining
from lifecycle_core.retraining.session import Session
from tasks import context

PARTS: Final = 11
_ASKED_EVERY_S: Final = 0.5
_T = TypeVar("_T")


@dataclass(kw_only=True)
class Stage:
    """One demo, on `folder`.

    heed : called in every wait; raises KeyboardInterrupt after Ctrl-C. ask : puts a question to whoever looks on; None = nobody does.
    models : the address of the scripted endpoint. found : what the last line tells; seconds : of each part.
    """

    folder: Path
    screen: Screen
    heed: Callable[[], None]
    ask: Callable[[str], bool] | None
    tree: Tree = field(init=False)
    customers: Customers = field(init=False)
    models: str = field(init=False)
    found: dict[str, Any] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    part_now: str = ""
    _told: set[str] = field(default_factory=set)

    @contextmanager
    def part(self, name: str, words: str) -> Iterator[None]:
        """One part of the demo, with its heading."""
        self.part_now, began = name, time.monotonic()
        self.screen.say(f"\n{len(self.seconds) + 1}/{PARTS}  {words}")
        yield
        self.seconds[name] = round(time.monotonic() - began, 1)

    def until(self, ask: Callable[[], _T | None], within_s: float, otherwise: str) -> _T:
        """What `ask` answers, as soon as it answers something; raises SetupError where it does not in time."""
        deadline = time.monotonic() + within_s
        while (answer := ask()) is None:
            self.tree.expect_alive()
            self.customers.expect_well()
            self.heed()
            expect(time.monotonic() < deadline, f"{otherwise} within {within_s:.0f} s")
            time.sleep(_ASKED_EVERY_S)
        return answer

    def post(self, conversations: bytes) -> Mapping[str, Any]:
        """Post conversations, as JSON lines: -> the API's reply."""
        taken: Mapping[str, Any] = self.tree.api("/api/lifecycle/conversations", conversations)
        return taken

    def active(self, variant: str) -> Mapping[str, Any]:
        """A variant's active version, as the API tells it."""
        found: Mapping[str, Any] = self.tree.api(f"/api/lifecycle/versions/active?variantName={variant}")
        return found

    def session(self, session_id: str) -> Session:
        """A session, as it is kept."""
        return retraining.session(context.database(), session_id)

    def page_of(self, run: str | None) -> str:
        """The address of a flow run's page."""
        return f"{self.tree.prefect_url}/runs/flow-run/{run}"

    def watched(self) -> Iterator[Mapping[str, Any]]:
        """The runs of the hourly watch that have ended since this was asked last, each told."""
        for run in self.tree.runs():
            if run["id"] not in self._told and run["name"].startswith("watch-drift") and run["state"]["type"] in ENDED:
                self._told.add(run["id"])
                self.screen.fact(f"{run['name']}: {run['state']['message']}")
                yield run


ENDED: Final = frozenset({"COMPLETED", "FAILED", "CRASHED", "CANCELLED"})


def expect(held: bool, otherwise: str) -> None:  # noqa: FBT001 - reads as assert does, and is not switched off
    """Raise SetupError, which ends the demo, where something did not truly happen."""
    if not held:
        raise SetupError(otherwise)
