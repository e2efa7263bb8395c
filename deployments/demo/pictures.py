"""The pictures of README.md, taken by Chromium of what the demo truly did: `python -m deployments.demo.pictures [FOLDER]`.

FOLDER is a data folder that `lifecycle demo --keep-data` left; without one the demo is played first. The pages are served by the real
application on a clock that stands at the demo's last check, and each is taken in light and in dark. Needs the packages of `dev`.
"""

import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any, Final, Literal

import click

from deployments.dashboard.rendering import address
from deployments.demo.agents import BOOKING
from deployments.demo.browsing import chromium, served
from deployments.demo.opening import written
from deployments.demo.play import Wish, play
from deployments.demo.screen import Screen
from deployments.http.app import create_app
from lifecycle_core.clock import Clock
from lifecycle_core.operations import fleet, retraining
from tasks import context

PLACE: Final = Path(__file__).parents[2] / "docs" / "pictures"
SCHEMES: Final[tuple[Literal["light", "dark"], ...]] = ("light", "dark")
WIDTH: Final = 1200
HEIGHT: Final = 900
BELOW: Final = 24
SHARPNESS: Final = 1.5
QUALITY: Final = 80
_AFTER_THE_CHECK: Final = timedelta(minutes=7)


def take(folder: Path, place: Path = PLACE) -> list[Path]:
    """Take all pictures of a demo's data folder: -> where they are."""
    place.mkdir(parents=True, exist_ok=True)
    made: list[Path] = []
    with chromium() as browser, _served(folder) as (url, shown):
        for scheme in SCHEMES:
            page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme=scheme, device_scale_factor=SHARPNESS)
            for name, (path, last) in shown.items():
                page.goto(f"{url}{path}")
                made.append(_kept(place / f"{name}-{scheme}.webp", _taken(page, last)))
    return made


def _taken(page: Any, last: str) -> bytes:  # noqa: ANN401 - Playwright's page, of the packages of `dev`
    """The page from its top to the end of the element `last`."""
    box = page.locator(last).first.bounding_box()
    clip = {"x": 0, "y": 0, "width": WIDTH, "height": box["y"] + box["height"] + BELOW}
    taken: bytes = page.screenshot(full_page=True, clip=clip)
    return taken


def _kept(path: Path, png: bytes) -> Path:
    from PIL import Image

    Image.open(BytesIO(png)).convert("RGB").save(path, quality=QUALITY, method=6)
    return path


@contextmanager
def _served(folder: Path) -> Iterator[tuple[str, Mapping[str, tuple[str, str]]]]:
    """The pages of a data folder: where they are, and of each picture the path and the element with which it ends."""
    context.configure(LIFECYCLE_DATA_DIR=str(folder))
    at = _at()
    context.configure(LIFECYCLE_DATA_DIR=str(folder), LIFECYCLE_CLOCK=written(Clock(at, at, 0)))
    session = retraining.history(context.database(), BOOKING.variant, 1)[0].session_id
    shown = {
        "fleet": ("/", ".foot"),
        "variant": (address("/variant", variant=BOOKING.variant, days=28), ".metric"),
        "retraining": (address("/retraining", sessionId=session), ".evidence"),
    }
    with closing(context.database()), served(create_app()) as url:
        yield url, shown


def _at() -> datetime:
    """Just after the newest hour of which every variant was checked; the demo's agent drifts by then."""
    found = [it.check.at for it in fleet.fleet(context.database(), context.now()).variants if it.check]
    if not found:
        sys.exit("no check is recorded there; name a folder that `lifecycle demo --keep-data` left")
    return min(found) + _AFTER_THE_CHECK


def _played() -> Path:
    """Play the demo: -> its data folder."""
    told: dict[str, Any] = {}
    play(Screen(partial(click.echo, nl=False), terminal=False), told.update, Wish(keep_data=True))
    return Path(told["database"].removeprefix("sqlite:///")).parent


def main(arguments: list[str]) -> None:
    """Take the pictures, and tell what they weigh."""
    for it in take(Path(arguments[0]) if arguments else _played()):
        click.echo(f"{it}  {it.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main(sys.argv[1:])
