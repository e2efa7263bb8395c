"""Options that say which of a record's fields become which of a conversation's."""

from collections.abc import Callable
from functools import reduce
from typing import Any, TypeVar

import click

_F = TypeVar("_F", bound=Callable[..., Any])

_OPTIONS = (
    click.option("--variant", metavar="NAME", help="The variant of every record; wins over a field of that name."),
    click.option(
        "--map",
        "maps",
        multiple=True,
        metavar="FIELD=SOURCE",
        help="Where a field of a conversation comes from. SOURCE is a field of the record, dotted where it lies deeper; :VALUE is a "
        "constant; nothing leaves the field out. FIELD may be segments.LABEL. A field that is not named is taken by its own name. "
        "1 and 0 will do for booked and escalated; a text will do for errors: one fault, which broke the conversation. Repeatable.",
    ),
    click.option(
        "--zone", metavar="ZONE", help="The zone of times that say none: UTC, or a name like Europe/Berlin. Else they are refused."
    ),
    click.option("--ended-at", metavar="TIME", help="When records without an end ended; kept as assumed. Else they are refused."),
    click.option(
        "--crash-where",
        multiple=True,
        metavar="SOURCE=VALUE",
        help="A record whose SOURCE is VALUE broke by itself, through no doing of the agent: it gets a fault of that name. Repeatable.",
    ),
    click.option(
        "--outcome",
        metavar="EXPR",
        help="What counts as booked where no field says it: PATH SIGN VALUE, such as reward==1 or 'scores.correctness >= 0.5'. "
        "A record that does not tell it is of unknown outcome.",
    ),
)


def mapping_options(command: _F) -> _F:
    """Give a command the options of a mapping, named as `Mapping.parse` takes them."""
    return reduce(lambda given, option: option(given), reversed(_OPTIONS), command)
