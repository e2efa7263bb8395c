"""Why a record is refused: the field, its value and the rule, in one sentence."""

import json
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

MISSING: Final = "missing"
"""How the value of a field that is not there is shown."""
_SHOWN_CHARACTERS: Final = 60

_RULES: Final = {
    "missing": "it must be there",
    "extra_forbidden": "a conversation has no such field",
    "unexpected_keyword_argument": "a conversation has no such field",
    "dataclass_type": "it must be a JSON object",
    "json_invalid": "it must be whole JSON ({error})",
    "bool_type": "it must be true, false or null",
    "string_type": "it must be a text",
    "int_type": "it must be a whole number",
    "float_type": "it must be a number",
    "finite_number": "it must be finite",
    "dict_type": "it must be an object",
    "tuple_type": "it must be a list",
    "list_type": "it must be a list",
    "literal_error": "it must be {expected}",
    "greater_than_equal": "it must be {ge:g} or more",
    "less_than_equal": "it must be {le:g} or less",
    "less_than": "it must be below {lt:g}",
    "string_too_short": "it must not be empty",
    "string_too_long": "it may hold {max_length:,} characters",
    "string_pattern_mismatch": "it must not hold control characters",
    "timezone_aware": "it must say its zone, such as 2025-10-07T12:00:00Z",
    "datetime_type": "it must be a time in ISO 8601, such as 2025-10-07T12:00:00Z",
    "datetime_parsing": "it must be a time in ISO 8601, such as 2025-10-07T12:00:00Z",
    "datetime_from_date_parsing": "it must be a time in ISO 8601, such as 2025-10-07T12:00:00Z",
    "string_unicode": "it must be whole Unicode characters",
}
"""What the validator's verdicts mean to a person."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """One fault of one record: `field` and `rule` tell equal faults, `value` is as it was given, shortened.

    of_source : the fault is the source's or the options', and so every record's.
    """

    field: str | None
    value: str
    rule: str
    of_source: bool = False

    @property
    def sentence(self) -> str:
        """The whole of it.

        >>> Refusal("cost_usd", "-0.5", "it must be 0 or more").sentence
        'cost_usd is -0.5; it must be 0 or more'
        """
        return f"{self.field or 'the record'} is {self.value}; {self.rule}"


class RefusedError(Exception):
    """Raised inside this room only, where a record turns out to be unusable."""

    def __init__(self, refusal: Refusal) -> None:
        self.refusal = refusal
        super().__init__(refusal.sentence)


def shown(value: Any) -> str:  # noqa: ANN401 - any value of a record
    """`value` as JSON, cut where it is long.

    >>> shown("maybe"), shown(None)
    ('"maybe"', 'null')
    """
    told = value.decode(errors="replace") if isinstance(value, bytes) else value
    text = json.dumps(told, ensure_ascii=False, default=str)
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}…"


def explain(error: ValidationError) -> Refusal:
    """The first fault that the validator found, in words."""
    return explain_details(error.errors(include_url=False)[0])


def explain_details(details: ErrorDetails) -> Refusal:
    """One fault that the validator found, in words."""
    context = details.get("ctx", {})
    if details["type"] == "refused":
        return Refusal(context["field"], context["value"], context["rule"])
    field = ".".join(str(part) for part in details["loc"] if not str(part).startswith("function-")) or None
    rule = _RULES.get(details["type"])
    value = MISSING if details["type"] == "missing" else shown(details["input"])
    if rule is None:
        return Refusal(field, value, details["msg"][:1].lower() + details["msg"][1:])
    return Refusal(field, value, rule.format(**context))
