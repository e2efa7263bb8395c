"""A new user with the pages alone: finds the variant that drifts, sees why, judges a candidate, approves it, and takes it back.

Each click is told with what is read after it, and pictured where a folder is given, once with scripts and once without: the clicks are
the same, since no act of the pages needs a script. `tests/pages` holds the walk to it. Needs the packages of `dev`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from benchmarks import _worlds
from benchmarks.pages import served
from deployments.demo.browsing import chromium

REASON: Final = "read all pairs"
_WIDTHS: Final = {True: 1440, False: 390}
"""With scripts a desk, without them a telephone."""


@dataclass(frozen=True, slots=True)
class Clicked:
    """One step: what was clicked or typed, and what is read after it."""

    did: str
    read: str


def run(folder: str = "") -> dict[str, object]:
    """Walk twice. folder : where a picture of each step is put."""
    clicks: dict[str, int] = {}
    with chromium() as browser:
        for scripts in (True, False):
            way = "with scripts" if scripts else "without scripts"
            scheme: Literal["light", "dark"] = "light" if scripts else "dark"
            with served(_worlds.everything) as (url, _):
                page = browser.new_context(
                    java_script_enabled=scripts, viewport={"width": _WIDTHS[scripts], "height": 900}, color_scheme=scheme
                ).new_page()
                print(f"{way}, {_WIDTHS[scripts]} px, {scheme}")
                steps = []
                for number, it in enumerate(walk(page, url)):
                    print(f"  {number:>2}  {it.did}: {it.read}")
                    steps.append(it)
                    if folder:
                        Path(folder).mkdir(parents=True, exist_ok=True)
                        page.screenshot(path=Path(folder, f"{way.replace(' ', '-')}-{number:02}.png"), full_page=True)
                page.context.close()
                clicks[way.replace(" ", "_")] = len(steps) - 1
    return {"clicks": clicks}


def walk(page: Any, url: str) -> Iterator[Clicked]:  # noqa: ANN401 - Playwright's page, of the packages of `dev`
    """Each step, as soon as it is done; the variants are those of `_worlds.everything`."""

    def now(did: str, where: str) -> Clicked:
        return Clicked(did, " ".join(page.locator(where).first.inner_text().split()))

    page.goto(url)
    yield now("open the first page", "tbody tr")
    page.get_by_role("link", name="drifting").click()
    yield now("click the variant that stands first", ".verdict")
    yield now("read why it alarms, which is open", ".metric details[open] .rule")
    page.get_by_role("link", name="What contributes, and the conversations behind it").first.click()
    yield now("click “What contributes”", "main section .lead")
    page.get_by_role("link", name="Fleet").first.click()
    page.get_by_role("link", name="Approve or reject awaiting_v2").click()
    yield now("go back, and click what waits for you", ".verdict")
    yield now("judge: both versions", ".gates")
    page.get_by_label("Reason").first.fill(REASON)
    page.get_by_role("button", name="Approve awaiting_v2").click()
    yield now(f"type “{REASON}”, and click “Approve awaiting_v2”", ".said")
    page.get_by_role("link", name="awaiting", exact=True).click()
    yield now("click its variant", ".figures")
    page.get_by_text("Roll back to version 1").first.click()
    yield now("open “Roll back to version 1”", ".act[open] form p")
    page.get_by_role("button", name="Roll back to version 1").click()
    yield now("click it", ".said")
