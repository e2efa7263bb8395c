"""What the scripted model sees in a conversation that it is given to read: codes of faults, each with the words that show it."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from lifecycle_core.privacy.fencing import GAP
from lifecycle_core.replay.chance import chance
from lifecycle_core.simulation.words import asks_for_more, asks_price, gives_up, hands_over, needs_person, says_taken, states_price

_OVERLOOKS: Final = 0.05
"""How often it overlooks what is there; by chance, which nothing that a customer says can move."""
_FENCED: Final = re.compile(r"^«\w+ (?P<words>.*) \w+»$", re.DOTALL)
_QUOTED: Final = 120

Line = tuple[str, str]


def read(told: Sequence[Mapping[str, object]], seed: int) -> list[Mapping[str, str]]:
    """The faults in a conversation.

    told : who spoke (`by`) and what was said (`said`), fenced.

    >>> read([{"by": "user", "said": "How much is it?"}, {"by": "assistant", "said": "How about Monday at 9:00?"}], 1)
    [{'code': 'pricing', 'author': 'agent', 'quote': 'How much is it?'}]
    """
    lines = [(str(it.get("by")), _plain(str(it.get("said")))) for it in told]
    own = [text for by, text in lines if by == "assistant"]
    found = [it for it in _faults(lines) if chance(seed, it[0], *own) >= _OVERLOOKS]
    return [{"code": code, "author": author, "quote": words[:_QUOTED]} for code, author, words in found]


def _faults(lines: Sequence[Line]) -> Iterator[tuple[str, str, str]]:
    theirs, own = ([text for by, text in lines if by == speaker] for speaker in ("user", "assistant"))
    if (asked := _first(theirs, asks_price)) and not any(map(states_price, own)):
        yield "pricing", "agent", asked
    looked_up = any(by == "tool" and '"free"' in text for by, text in lines)
    if (taken := _first(own, says_taken)) and not looked_up:
        yield "availability", "agent", taken
    if again := _first(own, asks_for_more):
        yield "repeated_question", "agent", again
    if (stopped := _first(own, gives_up)) and "technical" in stopped:
        yield "tool_error_unhandled", "agent", stopped
    if (passed := _first(own, hands_over)) and not any(map(needs_person, theirs)):
        yield "needless_handoff", "agent", passed
    if late := next((text for by, text in lines if by == "tool" and "time-out" in text), None):
        yield "technical", "environment", late


def lines_in(text: str) -> list[Mapping[str, object]] | None:
    """The conversation that a request shows; None where it shows none."""
    try:
        found = json.loads(text)
    except ValueError:
        return None
    told = found.get("conversation") if isinstance(found, dict) else None
    return [it for it in told if isinstance(it, dict)] if isinstance(told, list) else None


def _first(texts: Sequence[str], shows: Callable[[str], bool]) -> str | None:
    return next((text for text in texts if shows(text)), None)


def _plain(text: str) -> str:
    fenced = _FENCED.match(text)
    return (fenced["words"] if fenced else text).replace(GAP, " ")
