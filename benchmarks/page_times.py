"""Pages of five hundred variants and ten million conversations: how long the server takes, what it sends, how often a browser asks.

A variant with a tenth of all conversations drifts; beside it are small ones in every state that a retraining may be in. Each page is asked
for in turns over HTTP, and opened once by Chromium with nothing in its cache, to count its requests. Needs the packages of `dev`.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any, Final
from urllib.parse import quote

import numpy as np

from benchmarks import _crowded, _worlds
from deployments.demo import browsing
from deployments.http.app import create_app
from lifecycle_core.operations import retraining, versions_asked
from lifecycle_core.operations.database import upgrade
from lifecycle_core.store.database import Database
from tasks import context

MOST_S: Final = 60.0
"""A page is asked for no longer than this."""
_SESSIONS: Final = ("mid-shadow", "awaiting", "rolled-back")


def run(rows: int = 10_000_000, variants: int = 500, rounds: int = 50, folder: str = "") -> dict[str, object]:
    """Ask `rounds` times for each page. folder : a data folder that was filled before, which is asked as it stands; else one is made."""
    with TemporaryDirectory() as made:
        place = Path(folder or made)
        if not folder:
            filled(place, variants, rows)
        with _served(place) as (url, paths):
            taken = _asked(url, paths, rounds)
            requests = _opened(url, paths)
        stored = sum(it.conversations for it in versions_asked.list_variants(context.database()))
    print(f"{stored:,} conversations\n{'page':<18}{'p50':>9}{'p99':>9}{'times':>7}{'KiB':>7}{'requests':>10}")
    told: dict[str, object] = {}
    for name, (seconds, size) in taken.items():
        p50, p99 = (1000 * float(np.percentile(seconds, it)) for it in (50, 99))
        print(f"{name:<18}{p50:>6.0f} ms{p99:>6.0f} ms{len(seconds):>7}{size / 1024:>7.0f}{requests[name]:>10}")
        told |= {name: {"p50_ms": round(p50), "p99_ms": round(p99), "bytes": size, "requests": requests[name]}}
    return {"conversations": stored, "pages": told}


def filled(folder: Path, variants: int, rows: int) -> None:
    """Fill a data folder."""
    database = Database(f"sqlite:///{folder}/lifecycle.db")
    upgrade(database)
    _crowded.crowded(database, variants, rows)
    for make in (_worlds.mid_shadow, _worlds.awaiting, _worlds.rolled_back):
        make(database)
    _worlds.watched(database)
    database.close()


@contextmanager
def _served(folder: Path) -> Iterator[tuple[str, dict[str, str]]]:
    os.environ["LIFECYCLE_DATA_DIR"] = str(folder)
    context.configure()
    with browsing.served(create_app()) as url:
        yield url, _paths()


def _paths() -> dict[str, str]:
    """What each page is called here, and where it is."""
    database = context.database()
    sessions = {it: quote(retraining.history(database, it, 1)[0].session_id, safe="") for it in _SESSIONS}
    return {
        "fleet": "/",
        "fleet, page 10": "/?page=10",
        "fleet, found": "/?q=variant-01",
        "variant": "/variant?variant=variant-007&days=28",
        "variant, busy": f"/variant?variant={_crowded.BUSY}&days=28",
        "why": "/explain?variant=variant-007&metric=cost",
        "why, busy": f"/explain?variant={_crowded.BUSY}",
        "version": "/version?variant=rolled-back&version=2",
        **{f"retraining, {name.split('-')[0]}": f"/retraining?sessionId={it}" for name, it in sessions.items()},
        "alerts": "/alerts",
        "audit": "/audit",
        "settings": "/settings",
    }


def _asked(url: str, paths: Mapping[str, str], rounds: int) -> dict[str, tuple[list[float], int]]:
    """Of each page the seconds that it took each time, and its bytes as they are sent."""
    import httpx2

    found: dict[str, tuple[list[float], int]] = {}
    with httpx2.Client(base_url=url, timeout=300) as client:
        for name, path in paths.items():
            size, seconds = len(client.get(path).raise_for_status().content), list[float]()
            while len(seconds) < rounds and sum(seconds) < MOST_S:
                began = perf_counter()
                client.get(path)
                seconds.append(perf_counter() - began)
            found[name] = seconds, size
    return found


def _opened(url: str, paths: Mapping[str, str]) -> dict[str, int]:
    """How many requests each page makes of a browser that has nothing of it yet."""
    with browsing.chromium() as browser:
        return {name: _requests(browser.new_context().new_page(), url + path) for name, path in paths.items()}


def _requests(page: Any, url: str) -> int:  # noqa: ANN401 - Playwright's page, of the packages of `dev`
    asked: list[str] = []
    page.set_default_timeout(300_000)
    page.on("request", lambda it: asked.append(it.url))
    page.goto(url, wait_until="networkidle")
    page.context.close()
    return sum(it.startswith("http") for it in asked)
