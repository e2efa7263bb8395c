"""What a system prompt really instructs: the duties that it gives, in whatever words, and those that it forbids.

1. A prompt is heard clause by clause. A clause speaks of a duty when it holds the duty's verb and, near it, its object.
2. Words that deny turn it round, and two turn it back: "do not offer a time before you have checked the calendar" is the duty.
3. Where clauses disagree, the last one counts, as with a reader who was told otherwise in the end.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from lifecycle_core.simulation.duties import Duty

_CLAUSE: Final = re.compile(r"[.;!?\n]+|,\s*(?:and|but|always|then|so)\b|\bbut\b")
_DENIES: Final = re.compile(
    r"\b(?:not|never|no|cannot|avoid|skip|stop|refuse|refrain|without|instead of|rather than|needless|unnecessary)\b|n't\b"
)
_UNTIL: Final = re.compile(r"\b(?:before|until|unless|except|only)\b")


@dataclass(frozen=True, slots=True)
class _Sign:
    """How a clause speaks of a duty: `verb` and `object` in either order; where `denied`, the duty is what the clause must deny."""

    verb: re.Pattern[str]
    object: re.Pattern[str]
    denied: bool = False


def _sign(verb: str, thing: str = "", *, denied: bool = False) -> _Sign:
    return _Sign(re.compile(rf"\b(?:{verb})"), re.compile(rf"\b(?:{thing})" if thing else ""), denied)


_TIMES: Final = r"(?:time|slot|hour)s?\b"
_LOOK: Final = (
    "check|consult|look (?:it |them |this )?(?:up|in|at)|verif|quer(?:y|ies)|us(?:e|ing) (?:the )?`?check_availability|"
    "call(?:ing)? (?:the )?`?check|see (?:if|whether|which|what)|make sure|ensur"
)
_FREE: Final = (
    rf"availab|calendar|schedul|check_availability|free {_TIMES}|"
    rf"{_TIMES} (?:\w+ )?(?:is|are|really|truly)? ?(?:\w+ )?(?:free|open|available)"
)
_TELL: Final = (
    r"stat|tell|quot|giv|explain|nam(?:e|ing)|answer|say|mention|be (?:\w+ )?(?:clear|open|proactive|upfront|transparent)|provid|look|shar|"
    "discuss|talk|cover|includ|inform|us(?:e|ing) (?:the )?`?get_prices|call(?:ing)? (?:the )?`?get_prices"
)
_ASK: Final = "ask|request|demand"
_UNSAID: Final = (
    "unclear|ambigu|missing|vague|not (?:sure|clear|said|stated|told)|incomplete|unknown|in doubt|unsure|does not say|doesn't say|"
    "clarif|lacks|did not (?:say|name|tell)|which (?:service|day)"
)
_KNOWN: Final = "said|told|given|already|mention|conversation|know|stated"
_AGAIN: Final = "again|twice|already|repeat|once more|second time|has (?:said|told|given)"
_HAND: Final = r"escalat|hand(?:s|ing|ed)?[ -](?:\w+ ){0,4}?(?:over|off)|transfer|pass (?:\w+ ){0,3}(?:on )?to"
_RETRY: Final = (
    "(?:re)?try|retry|recover|repeat the call|call (?:it|the tool) again|offer (?:another|the next|a different)|look for another"
)
_SIGNS: Final[tuple[tuple[Duty, tuple[_Sign, ...]], ...]] = (
    (
        Duty.CHECK,
        (
            _sign(_LOOK, _FREE),
            _sign(
                r"(?:offer|suggest|propos|promis|nam)\w*",
                rf"{_TIMES}.*(?:calendar|availability|tool) (?:\w+ )?(?:shows|says|lists|returned)",
            ),
            _sign("only (?:offer|suggest|propose)", r"(?:free|available|open)\b"),
        ),
    ),
    (Duty.PRICE, (_sign(_TELL, r"pric|cost|fee|rates?\b|charge|get_prices"),)),
    (
        Duty.CONFIRM,
        (
            _sign(
                r"confirm|repeat back|read back|summari[sz]|agree|approv|say yes|a yes\b|consent",
                "book|appointment|slot|time|detail|service|writ",
            ),
            _sign("have .{0,30}confirm"),
        ),
    ),
    (Duty.CLARIFY, (_sign(f"clarif|{_ASK}", _UNSAID), _sign("guess|assum", denied=True))),
    (
        Duty.REMEMBER,
        (
            _sign(f"{_ASK}|repeat", _AGAIN, denied=True),
            _sign("remember|keep in mind|keep track|re-?us(?:e|ing)|us(?:e|ing) what|rely on what|recall", _KNOWN),
        ),
    ),
    (
        Duty.KEEP,
        (
            _sign(_HAND, denied=True),
            _sign(r"(?:help|solve|answer|handle|settle|serve)\w*", "yourself|on your own|without handing|before handing"),
        ),
    ),
    (
        Duty.RECOVER,
        (
            _sign(_RETRY, "fail|error|again|time-?s? ?out|taken|another|tool|wrong|gone"),
            _sign("give up|giv(?:e|ing) up", "fail|error|tool|first|call", denied=True),
        ),
    ),
)


@lru_cache(maxsize=256)
def heard(prompt: str) -> frozenset[Duty]:
    """The duties that `prompt` gives an agent.

    >>> sorted(heard("Always check the calendar before you offer a time. Do not ask twice for what was said."))
    [<Duty.CHECK: 'check'>, <Duty.REMEMBER: 'remember'>]
    >>> heard("To save time, do not check the calendar.")
    frozenset()
    >>> sorted(heard("Never offer a time without checking availability first."))
    [<Duty.CHECK: 'check'>]
    """
    found: dict[Duty, bool] = {}
    for clause in _CLAUSE.split(prompt.lower().replace("\u2019", "'")):
        for duty, signs in _SIGNS:
            said = _said(clause, signs)
            if said is not None:
                found[duty] = said
    return frozenset(duty for duty, given in found.items() if given)


def _said(clause: str, signs: tuple[_Sign, ...]) -> bool | None:
    """Whether a clause gives a duty or forbids it; None where it does not speak of it."""
    for sign in signs:
        for verb in sign.verb.finditer(clause):
            if sign.object.search(clause):
                return _denied(clause[: verb.start()], clause[verb.start() :], limits=sign.denied) is sign.denied
    return None


def _denied(ahead: str, behind: str, *, limits: bool) -> bool:
    """Whether what is said after `ahead` is denied; with `limits`, "only when" and "unless" deny it too."""
    denials = len(_DENIES.findall(ahead))
    first = _DENIES.search(ahead)
    if first and _UNTIL.search(ahead, first.end()):
        denials += 1
    if limits and denials == 0:
        return bool(re.search(r"\bonly\b|\bunless\b|\bexcept\b|last resort", ahead + behind))
    return denials % 2 == 1
