"""The pages in every state, width and colour scheme: whether they are sound, can be read by everybody, and how long they take.

Debian's Chromium drives them. What breaks the policy, is written to the console as an error, asks anybody else, is wider than the screen,
or breaks a rule of axe (WCAG 2.2 AA and its best practices) is counted, and told. Needs the packages of `dev`.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from importlib.resources import files
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any, Final, Literal
from urllib.parse import quote, urlsplit

import numpy as np

from benchmarks import _worlds
from deployments.demo import browsing
from deployments.http.app import create_app
from lifecycle_core.operations import retraining, versions_asked
from lifecycle_core.operations.database import upgrade
from lifecycle_core.store.database import Database
from tasks import context

WIDTHS: Final = (390, 1440)
SCHEMES: Final[tuple[Literal["light", "dark"], ...]] = ("light", "dark")
RULES: Final = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
ROUNDS: Final = 20
STATES: Final[dict[str, Callable[[Database], object]]] = {
    "empty": lambda _: None,
    "one variant": _worlds.one,
    "500 variants": _worlds.many,
    "incident": _worlds.incident,
    "drifting, mid-shadow, awaiting, promoted, rolled back": _worlds.everything,
}
FEW: Final = 4
"""Variants whose pages are looked at where there are many."""


def run(rounds: int = ROUNDS) -> dict[str, object]:
    """Look at every page of every state, and ask for each `rounds` times without a browser."""
    axe = files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
    counted = dict.fromkeys(("looks", "console_errors", "external_requests", "too_wide", "axe_violations"), 0)
    times: dict[str, list[float]] = {}
    most_bytes = 0
    with browsing.chromium() as browser:
        for state, fill in STATES.items():
            with served(fill) as (url, paths):
                for width, scheme in product(WIDTHS, SCHEMES):
                    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
                    for path in paths:
                        for kind, said in _look(page, url + path, axe):
                            counted[kind] += 1
                            print(f"{state}, {width} px, {scheme}, {path}: {kind}: {said}")
                        counted["looks"] += 1
                    page.close()
                taken, sizes = _asked(url, paths, rounds)
                times[state] = taken
                most_bytes = max(most_bytes, *sizes)
                print(f"{state:<56}{len(paths):>4} pages  p50 {_ms(taken, 50):>6.0f} ms  p99 {_ms(taken, 99):>6.0f} ms")
    many = times["500 variants"]
    return {**counted, "p50_ms_500": round(_ms(many, 50)), "p99_ms_500": round(_ms(many, 99)), "most_bytes": most_bytes}


def _look(page: Any, url: str, axe: str) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - Playwright's page, of the packages of `dev`
    """Open a page: -> what is wrong with it."""
    said: list[tuple[str, str]] = []
    own = urlsplit(url).netloc

    def told(it: Any) -> None:  # noqa: ANN401 - as above
        if it.type == "error":
            said.append(("console_errors", it.text))

    def asked(it: Any) -> None:  # noqa: ANN401 - as above
        if urlsplit(it.url).netloc not in {own, ""}:
            said.append(("external_requests", it.url))

    page.on("console", told)
    page.on("request", asked)
    page.goto(url)
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        said.append(("too_wide", url))
    page.evaluate(axe)
    found = page.evaluate("rules => axe.run({runOnly: rules})", list(RULES))
    said += [("axe_violations", f"{it['id']} at {it['nodes'][0]['html'][:200]}") for it in found["violations"]]
    page.remove_listener("console", told)
    page.remove_listener("request", asked)
    yield from said


@contextmanager
def served(fill: Callable[[Database], object]) -> Iterator[tuple[str, list[str]]]:
    """The pages of a database that `fill` fills: where they are, and their paths."""
    with TemporaryDirectory() as folder:
        empty = Path(folder, "empty.db")
        database = Database(f"sqlite:///{empty}")
        upgrade(database)
        database.close()
        os.environ["LIFECYCLE_DATA_DIR"] = str(_worlds.made(Path(folder, "data"), empty, fill))
        context.configure()
        with closing(context.database()), browsing.served(create_app()) as url:
            yield url, _paths()


def _paths() -> list[str]:
    database = context.database()
    names = [it.variant_name for it in versions_asked.list_variants(database)]
    shown = names if len(names) <= 2 * FEW else names[:FEW]
    found = ["/", "/alerts", "/audit/verify", "/settings", "/sign-in"]
    for name in shown:
        it = quote(name, safe="")
        found += [f"/variant?variant={it}&days=28", f"/explain?variant={it}"]
        found += [f"/version?variant={it}&version={one.version}" for one in versions_asked.history(database, name, FEW).versions]
        found += [f"/retraining?sessionId={quote(one.session_id, safe='')}" for one in retraining.history(database, name, FEW)]
    return found


def _asked(url: str, paths: list[str], rounds: int) -> tuple[list[float], list[int]]:
    """The seconds that each page took, and its bytes."""
    import httpx2

    taken, sizes = [], []
    with httpx2.Client(base_url=url, timeout=60) as client:
        for path in paths:
            sizes.append(len(client.get(path).content))
            for _ in range(rounds):
                began = perf_counter()
                client.get(path)
                taken.append(perf_counter() - began)
    return taken, sizes


def _ms(seconds: list[float], percentile: float) -> float:
    return float(1000 * np.percentile(seconds, percentile))
