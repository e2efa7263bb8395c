"""Pages from templates: everything that is put into one is escaped, and what is not there is an error."""

from datetime import datetime, timedelta
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from deployments.dashboard import charts
from deployments.reports.page import block
from deployments.reports.style import STYLE
from lifecycle_core.retraining.report.blocks import Block, Growth

HERE: Final = Path(__file__).parent
STATIC: Final = HERE / "static"
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)
"""What a browser is to forbid every page."""
_MINUTE, _HOUR, _DAY = 60, 3600, 86400


def rendered(template: str, **told: Any) -> str:  # noqa: ANN401 - whatever a template shows
    """The page of a template."""
    return _environment().get_template(template).render(**told)


def address(path: str, **asked: object) -> str:
    """A page's address; what is None is left out.

    >>> address("/variant", variant="a b", days=None)
    '/variant?variant=a+b'
    """
    given = {name: it for name, it in asked.items() if it is not None}
    return f"{path}?{urlencode(given)}" if given else path


def ago(span: timedelta | float | None) -> str:
    """A span in its two largest units, as people say it.

    >>> ago(30), ago(timedelta(minutes=12)), ago(timedelta(hours=30)), ago(timedelta(days=6, hours=2)), ago(None)
    ('under a minute', '12 min', '30 h', '6 days', 'never')
    """
    if span is None:
        return "never"
    seconds = span.total_seconds() if isinstance(span, timedelta) else span
    if seconds < _MINUTE:
        return "under a minute"
    if seconds < 2 * _HOUR:
        return f"{seconds / _MINUTE:.0f} min"
    return f"{seconds / _HOUR:.0f} h" if seconds < 2 * _DAY else f"{seconds / _DAY:.0f} days"


def minute(instant: datetime | None) -> str:
    """An instant to the minute, in UTC."""
    return "-" if instant is None else f"{instant:%Y-%m-%d %H:%M}Z"


def shown(it: Block) -> Markup:
    """A report's block on a page."""
    return charts.growth(it.curve) if isinstance(it, Growth) else Markup(block(it))  # noqa: S704 - `block` escapes what it is given


@cache
def stylesheet() -> bytes:
    """How reports look, and what pages have beside."""
    return (STYLE + (STATIC / "style.css").read_text("utf-8")).encode()


@cache
def stamp(name: str) -> str:
    """What changes a file's address when its content does."""
    content = stylesheet() if name == "style.css" else (STATIC / name).read_bytes()
    return sha256(content).hexdigest()[:12]


@cache
def _environment() -> Environment:
    it = Environment(
        loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    it.filters |= {"ago": ago, "minute": minute, "block": shown, "words": lambda name: str(name).replace("_", " ")}
    it.globals |= {"address": address, "stamp": stamp}
    return it
