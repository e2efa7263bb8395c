"""Which of a source's fields become which of a conversation's: what `--map`, `--zone`, `--ended-at` and `--crash-where` say."""

import json
from collections.abc import Mapping as Values
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, tzinfo
from difflib import get_close_matches
from typing import Any, Final, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from lifecycle_core.conversations import Conversation
from lifecycle_core.errors import InvalidInputError
from lifecycle_core.traffic.outcomes import Outcome
from lifecycle_core.traffic.sources import Source
from lifecycle_core.traffic.times import parse_time
from lifecycle_core.traffic.values import fault_of

FIELDS: Final = tuple(it.name for it in fields(Conversation) if it.name != "ended_at_assumed")
"""What a source may fill. That an end was assumed is for us to say."""
WORDS: Final = frozenset({"id", "variant", "customer_id", "goal", "model", "cost_source", "ended_at", "started_at"})
"""Fields whose values are written as they are; the others' are JSON."""
LABEL: Final = "segments."


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapping:
    """How the rows of a source become conversations; a field that nothing is said of is taken by its own name.

    sources : field -> where it comes from; labels : segment -> the same.
    zone : of times that say none; None = such times are refused.
    ended_at : for rows that say no end, which is then kept as assumed; None = such rows are refused.
    crashes : (source, value) pairs: a row whose source has the value is a conversation that broke by itself.
    outcome : what is booked; None = the row's own `booked`.
    preview : by which what is not given yet has a stand-in: of an end this instant.
    """

    sources: Values[str, Source] = field(default_factory=dict)
    labels: Values[str, Source] = field(default_factory=dict)
    zone: tzinfo | None = None
    ended_at: datetime | None = None
    crashes: Sequence[tuple[Source, str]] = ()
    outcome: Outcome | None = None
    preview: datetime | None = None

    @classmethod
    def parse(
        cls,
        maps: Sequence[str] = (),
        *,
        variant: str | None = None,
        zone: str | None = None,
        ended_at: str | None = None,
        crash_where: Sequence[str] = (),
        outcome: str | None = None,
    ) -> Self:
        """Read the options; raises InvalidInputError for what cannot be meant.

        >>> Mapping.parse(["booked=success"], variant="baseline").sources["booked"].path
        'success'
        """
        sources: dict[str, Source] = {}
        labels: dict[str, Source] = {}
        for name, source in map(_pair, maps):
            into, key = (labels, name.removeprefix(LABEL)) if name.startswith(LABEL) else (sources, _known(name))
            if key in into:
                message = f"--map {name} is given twice; a field has one source"
                raise InvalidInputError(message, field="map")
            into[key] = source
        if variant is not None:
            if "variant" in sources:
                message = f"both --variant {variant} and --map variant=… are given; give one of them"
                raise InvalidInputError(message, field="variant")
            sources["variant"] = Source(constant=variant)
        if outcome is not None and "booked" in sources:
            message = f"both --outcome {outcome} and --map booked=… are given; give one of them"
            raise InvalidInputError(message, field="outcome")
        timezone = _zone(zone)
        for name, source in sources.items():
            _refuse_constant("--variant" if name == "variant" and variant is not None else "--map", name, source.constant, timezone)
        for label, source in labels.items():
            _refuse_constant("--map", "segments", {label: "any" if source.constant is None else source.constant}, timezone)
        assumed = None if ended_at is None else _assumed(ended_at, timezone)
        crashes = [(Source(source), value) for source, value in map(_crash, crash_where)]
        won = None if outcome is None else Outcome.parse(outcome)
        return cls(sources=sources, labels=labels, zone=timezone, ended_at=assumed, crashes=crashes, outcome=won)

    def previewing(self, at: datetime) -> Self:
        """The same, by which nothing is refused for what the options do not give yet; an end that is not given is `at`."""
        return replace(self, preview=at)

    @property
    def plain(self) -> bool:
        """Whether it leaves a conversation that is whole as it is."""
        return not (self.sources or self.labels or self.crashes or self.outcome or self.preview)

    @property
    def named(self) -> Values[str, Source]:
        """The paths into a row that the options name: the option in words -> the path."""
        told = {f"--map {name}={it.path}": it for name, it in self.sources.items()}
        told |= {f"--map {LABEL}{name}={it.path}": it for name, it in self.labels.items()}
        told |= {f"--crash-where {it.path}={value}": it for it, value in self.crashes}
        told |= {"--outcome": self.outcome.source} if self.outcome is not None else {}
        return {option: it for option, it in told.items() if it.path}

    @property
    def used(self) -> frozenset[str]:
        """The fields of a row that are used, by name."""
        told = [*self.sources.values(), *self.labels.values(), *(source for source, _ in self.crashes)]
        told += [self.outcome.source] if self.outcome is not None else []
        return frozenset({it.root for it in told} | {it.path for it in told} | (set(FIELDS) - set(self.sources)))


def _pair(text: str) -> tuple[str, Source]:
    name, equals, source = text.partition("=")
    if not equals or not name:
        message = f"--map {text!r} has no field or no '='; write FIELD=SOURCE, FIELD=:VALUE, or FIELD= to leave it out"
        raise InvalidInputError(message, field="map")
    parsed = Source.parse(source)
    if parsed.constant is not None and name in FIELDS and name not in WORDS:
        parsed = Source(constant=_literal(name, parsed.constant))
    return name, parsed


def _refuse_constant(option: str, name: str, constant: Any, zone: tzinfo | None) -> None:  # noqa: ANN401 - any JSON value
    """Refuse what would send every record into quarantine."""
    fault = None if constant is None else fault_of(name, constant, zone)
    if fault is not None:
        message = f"{option}: {fault.sentence}"
        raise InvalidInputError(message, field=option.removeprefix("--"))


def _literal(name: str, text: str) -> Any:  # noqa: ANN401 - any JSON value
    try:
        return json.loads(text)
    except ValueError:
        message = f"--map {name}=:{text}: {text!r} is no value of {name}; write it as JSON, such as true, 0.02 or []"
        raise InvalidInputError(message, field="map") from None


def _known(name: str) -> str:
    if name not in FIELDS:
        near = get_close_matches(name, FIELDS, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"its fields are {', '.join(FIELDS)}; a label is segments.NAME"
        message = f"--map {name}=…: a conversation has no field {name!r}; {hint}"
        raise InvalidInputError(message, field="map")
    return name


def _crash(text: str) -> tuple[str, str]:
    source, equals, value = text.partition("=")
    if not (equals and source and value):
        message = f"--crash-where is {text!r}; write SOURCE=VALUE, such as termination=agent_error"
        raise InvalidInputError(message, field="crash-where")
    return source, value


def _zone(name: str | None) -> tzinfo | None:
    if name is None:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        message = f"--zone is {name!r}, which is no zone of the IANA database; give UTC, or a name such as Europe/Berlin"
        raise InvalidInputError(message, field="zone") from None


def _assumed(text: str, zone: tzinfo | None) -> datetime:
    parsed = parse_time(text, zone)
    if isinstance(parsed, str):
        message = f"--ended-at is {text!r}; {parsed}"
        raise InvalidInputError(message, field="ended-at")
    return parsed
