"""An agent's own tools, and what stands in for each in a replay: read from their schemas, or told beside them.

1. What a tool does is told as `x-lifecycle` beside its schema; where it is not, its name and its arguments show it.
2. A tool of which neither tells is answered with an error that says so, and is named in every report.
3. Services are those that the booking tool lists; where it lists none, any is right.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Self

from pydantic import JsonValue, TypeAdapter, ValidationError

from lifecycle_core.chat import ToolSpec
from lifecycle_core.errors import InvalidInputError

HINT: Final = "x-lifecycle"
"""What stands beside a tool's `function` in a version's `tools`."""


class Act(StrEnum):
    """What a tool does to the calendar, or for the customer. TELL : it answers what its hint says."""

    CHECK = "check"
    BOOK = "book"
    CANCEL = "cancel"
    PRICE = "price"
    ESCALATE = "escalate"
    TELL = "tell"


@dataclass(frozen=True, slots=True, kw_only=True)
class StandIn:
    """What takes a tool's place.

    service, day, time : the names of the arguments that hold them; without `day` the time's holds both.
    answer : what `Act.TELL` answers.
    """

    does: Act
    service: str | None = None
    day: str | None = None
    time: str | None = None
    answer: JsonValue = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Toolbox:
    """The stand-ins of an agent's tools.

    services : what can be booked; empty where the tools list none.
    dated : days are dates, not the names of weekdays.
    missing : the tools that nothing stands in for.
    """

    stand_ins: Mapping[str, StandIn]
    services: tuple[str, ...] = ()
    dated: bool = False
    missing: tuple[str, ...] = ()

    @classmethod
    def of(cls, tools: Iterable[ToolSpec], hints: Mapping[str, Mapping[str, JsonValue]] | None = None) -> Self:
        """Read the tools; hints : tool -> what `x-lifecycle` tells of it. Raises InvalidInputError for a hint that cannot be meant.

        >>> time = {"type": "string", "format": "date-time"}
        >>> kind = {"type": "string", "enum": ["checkup", "root_canal"]}
        >>> tool = ToolSpec(name="bookVisit", description="", parameters={"properties": {"treatment": kind, "startTime": time}})
        >>> it = Toolbox.of([tool])
        >>> it.stand_ins["bookVisit"].does, it.stand_ins["bookVisit"].time, it.services, it.dated
        (<Act.BOOK: 'book'>, 'startTime', ('checkup', 'root_canal'), True)
        """
        known = list(tools)
        found = {tool.name: _stand_in(tool, (hints or {}).get(tool.name, {})) for tool in known}
        stand_ins = {name: it for name, it in found.items() if it is not None}
        told = [(stand_ins[tool.name], _properties(tool)) for tool in known if tool.name in stand_ins]
        listed = [tuple(map(str, _enum(given.get(it.service or "", {})))) for it, given in told if it.does is Act.BOOK]
        return cls(
            stand_ins=stand_ins,
            services=next(filter(None, listed), ()),
            dated=any(_is_dated(given.get(name or "", {})) for it, given in told for name in (it.day, it.time)),
            missing=tuple(name for name, it in found.items() if it is None),
        )

    def act_of(self, name: str) -> Act | None:
        """What a tool does; None for one that nothing stands in for."""
        return self.stand_ins[name].does if name in self.stand_ins else None


def specs_in(tools: Sequence[JsonValue]) -> tuple[ToolSpec, ...]:
    """The tools that a version's `tools` describe; what describes none is left out.

    >>> [it.name for it in specs_in([{"type": "function", "function": {"name": "crm"}}, "nothing"])]
    ['crm']
    """
    return tuple(it for it in map(_spec, tools) if it is not None)


def hints_in(tools: Sequence[JsonValue]) -> dict[str, Mapping[str, JsonValue]]:
    """What a version's `tools` tell beside their schemas, by name; raises InvalidInputError for what is no object.

    >>> hints_in([{"type": "function", "function": {"name": "crm"}, "x-lifecycle": {"does": "tell", "answer": {"vip": False}}}])
    {'crm': {'does': 'tell', 'answer': {'vip': False}}}
    """
    found: dict[str, Mapping[str, JsonValue]] = {}
    for tool in tools:
        if isinstance(tool, dict) and HINT in tool:
            function, hint = tool.get("function", tool), tool[HINT]
            name = function.get("name") if isinstance(function, dict) else None
            if not isinstance(hint, dict):
                raise _refused(str(name), "an object is wanted")
            found[str(name)] = hint
    return found


@dataclass(frozen=True, slots=True)
class _Named:
    """Which arguments hold what, by their names and formats."""

    service: str | None = None
    day: str | None = None
    time: str | None = None


@dataclass(frozen=True, slots=True)
class _Shown:
    """What shows that a tool does something: its name, and that it has such arguments."""

    act: Act
    name: re.Pattern[str]
    needs_time: bool = field(default=False)


_TIME: Final = re.compile(r"(^|_)(time|hour|start|starts|slot|datetime|when)(_|$)")
_DAY: Final = re.compile(r"(^|_)(day|date|weekday)(_|$)")
_SERVICE: Final = re.compile(r"service|treatment|procedure|(^|_)(type|kind|category)(_|$)")
_VERBS: Final = "book|schedule|reserve|create|make|add|confirm|reschedule|move|modify|update|change|set"
_SHOWN: Final = (
    _Shown(Act.ESCALATE, re.compile(r"escalat|transfer|hand_?(off|over)|human|live_agent")),
    _Shown(Act.CANCEL, re.compile(r"^(cancel|delete|remove)(_|$)")),
    _Shown(Act.PRICE, re.compile(r"pric|quote|cost|(^|_)fees?(_|$)")),
    _Shown(Act.BOOK, re.compile(rf"^({_VERBS})(_|$)"), needs_time=True),
    _Shown(Act.CHECK, re.compile(r"avail|slot|opening|calendar|schedule|free_?time")),
)


def _spec(written: JsonValue) -> ToolSpec | None:
    function = written.get("function", written) if isinstance(written, dict) else None
    if not isinstance(function, dict) or not isinstance(name := function.get("name"), str):
        return None
    parameters = function.get("parameters")
    return ToolSpec(
        name=name,
        description=str(function.get("description") or ""),
        parameters=parameters if isinstance(parameters, dict) else {"type": "object", "properties": {}},
    )


def _stand_in(tool: ToolSpec, hint: Mapping[str, JsonValue]) -> StandIn | None:
    found = _arguments(_properties(tool))
    if hint:
        told = {"service": found.service, "day": found.day, "time": found.time, **hint}
        if unknown := set(told) - set(StandIn.__dataclass_fields__):
            raise _refused(tool.name, f"{', '.join(sorted(unknown))} is not known")
        try:
            return TypeAdapter(StandIn).validate_python(told)
        except ValidationError as error:
            first = error.errors()[0]
            raise _refused(tool.name, f"{'.'.join(map(str, first['loc']))}: {first['msg'].lower()}") from None
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", tool.name).replace("-", "_").lower()
    act = next((it.act for it in _SHOWN if it.name.search(name) and (found.time or not it.needs_time)), None)
    return StandIn(does=act, service=found.service, day=found.day, time=found.time) if act is not None else None


def _arguments(given: Mapping[str, Mapping[str, object]]) -> _Named:
    names = {name: re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower() for name in given}
    time = _first(names, lambda name, plain: given[name].get("format") in {"time", "date-time"} or bool(_TIME.search(plain)))
    day = _first(names, lambda name, plain: name != time and (given[name].get("format") == "date" or bool(_DAY.search(plain))))
    service = _first(names, lambda name, plain: name not in {time, day} and bool(_SERVICE.search(plain)))
    return _Named(service, day, time)


def _first(names: Mapping[str, str], fits: Callable[[str, str], bool]) -> str | None:
    return next((name for name, plain in names.items() if fits(name, plain)), None)


def _properties(tool: ToolSpec) -> Mapping[str, Mapping[str, object]]:
    given = tool.parameters.get("properties")
    return {str(name): it for name, it in given.items() if isinstance(it, Mapping)} if isinstance(given, Mapping) else {}


def _enum(schema: Mapping[str, object]) -> Sequence[object]:
    listed = schema.get("enum")
    return listed if isinstance(listed, list) else ()


def _is_dated(schema: Mapping[str, object]) -> bool:
    return schema.get("format") in {"date", "date-time"} or bool(re.search(r"YYYY|ISO", str(schema.get("description", ""))))


def _refused(tool: str, why: str) -> InvalidInputError:
    example = f'"{HINT}": {{"does": "book", "service": "treatment", "day": "date", "time": "start"}}'
    message = f"{HINT} of the tool {tool[:80]!r} cannot be meant ({why}); write {example}, where `does` is one of {', '.join(Act)}"
    return InvalidInputError(message, field="tools")
