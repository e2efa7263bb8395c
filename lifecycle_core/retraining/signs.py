"""The signs: what can be seen in a conversation, yes or no, and what it would be a sign of.

A sign is no verdict. Whether it goes with failure is asked of the traffic
(`failures`): what successes show as often says nothing. None of them looks at
the outcome, or it would prove itself.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from lifecycle_core.retraining import cues
from lifecycle_core.retraining.codes import Author, Code
from lifecycle_core.retraining.dialogue import AGENT, CUSTOMER, TOOL, Call, Dialogue, Step

LOOP: Final = 3
"""So many equal calls in a row are a loop."""
LOOP_OF_NAMES: Final = 5
"""The same where the source keeps no arguments."""
ALIKE: Final = 0.8
"""The share of words that two questions have in common where they are the same question."""
FEWEST_WORDS: Final = 4


@dataclass(frozen=True, slots=True)
class Sign:
    """One thing that a conversation shows or does not: what it would be a sign of, by whom, and what to say of it.

    seen : the words or the call that show it, verbatim; None where it is not there.
    feedback : what went wrong, as the writer of a prompt is told it.
    """

    name: str
    code: Code
    author: Author
    feedback: str
    seen: Callable[[Dialogue], str | None]


def withdrew(it: Dialogue) -> bool:
    """Whether the customer took the wish back, by the last words that the customer said.

    >>> from types import SimpleNamespace
    >>> said = [{"role": "user", "content": "Never mind, I'll think about it."}]
    >>> withdrew(Dialogue.of(SimpleNamespace(messages=said, actions=[], errors=[], escalated=False)))
    True
    """
    said = it.said_by(CUSTOMER)
    return bool(said) and bool(cues.LEAVES.search(said[-1]))


def service_faults(it: Dialogue) -> list[str]:
    """The failed calls that no agent could have made well, by their messages: time-outs, a server's faults."""
    return [fault["message"] for fault in it.errors if fault["tool"] is not None and cues.SERVICE.search(fault["message"])]


def _first(texts: list[str], pattern: re.Pattern[str]) -> str | None:
    return next((text for text in texts if pattern.search(text)), None)


def _mentions_price(it: Dialogue) -> str | None:
    return _first(it.said_by(CUSTOMER), cues.PRICE)


def _prices_repeatedly(it: Dialogue) -> str | None:
    asked = [text for text in it.said_by(CUSTOMER) if cues.ASKS_PRICE.search(text)]
    return asked[1] if len(asked) > 1 else None


def _price_unanswered(it: Dialogue) -> str | None:
    for text, answers in _answered(it):
        if cues.ASKS_PRICE.search(text) and answers and not any(cues.MONEY.search(answer) for answer in answers):
            return text
    return None


def _mentions_free(it: Dialogue) -> str | None:
    return _first(it.said_by(CUSTOMER), cues.FREE)


def _offers_unchecked(it: Dialogue) -> str | None:
    """A time that the agent offers before it looked up what is free."""
    if not it.shows_calls and any(call.looks_up_slots for call in it.calls):
        return None
    heard = ""
    for step in it.steps:
        if any(call.looks_up_slots for call in step.calls):
            return None
        if step.speaker == CUSTOMER:
            heard += step.text
        elif step.speaker == AGENT and cues.OFFERS.search(step.text):
            named = {match.group().lower() for match in cues.CLOCK.finditer(step.text)}
            if named - {match.group().lower() for match in cues.CLOCK.finditer(heard)}:
                return step.text
    return None


def _tool_error(it: Dialogue) -> str | None:
    return next((fault["message"] for fault in it.errors if fault["tool"] is not None and not cues.SERVICE.search(fault["message"])), None)


def _tool_error_unhandled(it: Dialogue) -> str | None:
    """A failed call after which the same tool never worked and nothing was written."""
    if not it.shows_calls or not any(step.speaker == TOOL for step in it.steps):
        names = [call.name for call in it.calls]
        return next((f["message"] for f in it.errors if f["tool"] is not None and names[-1:] == [f["tool"]]), None)
    for place, step in enumerate(it.steps):
        if step.failed:
            later = [other for other in it.steps[place + 1 :] if other.speaker == TOOL and not other.failed]
            if not any(other.answers == step.answers or Call(other.answers).writes for other in later):
                return step.text
    return None


def _forbidden(it: Dialogue) -> str | None:
    return next(
        (f["message"] for f in it.errors if f["tool"] is not None and Call(f["tool"]).writes and cues.FORBIDDEN.search(f["message"])), None
    )


def _taken(it: Dialogue) -> str | None:
    return next(
        (f["message"] for f in it.errors if f["tool"] is not None and Call(f["tool"]).writes and cues.TAKEN.search(f["message"])), None
    )


def _same_question(it: Dialogue) -> str | None:
    asked: list[frozenset[str]] = []
    for question in (match.group() for text in it.said_by(AGENT) for match in cues.QUESTION.finditer(text)):
        words = frozenset(re.findall(r"[a-z']+", question.lower()))
        if len(words) < FEWEST_WORDS or cues.COURTESY.search(question):
            continue
        if any(len(words & other) >= ALIKE * len(words | other) for other in asked):
            return question.strip()
        asked.append(words)
    return None


def _told_twice(it: Dialogue) -> str | None:
    return _first(it.said_by(CUSTOMER), cues.ALREADY)


def _handed_over_needlessly(it: Dialogue) -> str | None:
    if not it.escalated and not any(call.hands_over for call in it.calls):
        return None
    said = it.said_by(CUSTOMER)
    if it.errors or any(cues.PERSON.search(text) for text in said):
        return None
    return said[-1] if said else ""


def _wrote_unconfirmed(it: Dialogue) -> str | None:
    """A call that changes something where the customer's last words agree to nothing."""
    heard = ""
    for step in it.steps:
        if step.speaker == CUSTOMER:
            heard = step.text
        writing = next((call for call in step.calls if call.writes), None)
        if writing and not cues.YES.search(heard):
            return heard or writing.name
    return None


def _guessed(it: Dialogue) -> str | None:
    """A vague wish that the agent answers with no question."""
    for text, answers in _answered(it):
        if cues.VAGUE.search(text) and not cues.BYE.search(text) and answers and "?" not in answers[0]:
            return text
    return None


def _corrected(it: Dialogue) -> str | None:
    return next((text for text in it.said_by(CUSTOMER)[1:] if cues.NOT_THAT.search(text) and not cues.WRONG_TIME.search(text)), None)


def _wrong_time(it: Dialogue) -> str | None:
    return next((text for text in it.said_by(CUSTOMER)[1:] if cues.WRONG_TIME.search(text)), None)


def _claims_undone(it: Dialogue) -> str | None:
    """Something told as done that no call did."""
    if any(call.writes for call in it.calls) or not it.calls:
        return None
    return _first(it.said_by(AGENT), cues.DONE)


def _writes_again(it: Dialogue) -> str | None:
    """A thing that the agent changed, and then changed once more."""
    done: set[tuple[str, str]] = set()
    for call in it.calls:
        if call.writes and call.arguments:
            thing = re.search(r'_id"\s*:\s*"([^"]+)"', call.arguments)
            key = (call.name, thing.group(1) if thing else call.arguments)
            if key in done:
                return f"{call.name} {call.arguments}"
            done.add(key)
    return None


def _loops(it: Dialogue) -> str | None:
    least, run, before = LOOP if any(call.arguments for call in it.calls) else LOOP_OF_NAMES, 0, None
    for call in it.calls:
        run = run + 1 if call == before else 1
        before = call
        if run >= least:
            return f"{call.name} {call.arguments}".strip()
    return None


def _ends_unanswered(it: Dialogue) -> str | None:
    spoken = [step for step in it.steps if step.text and step.speaker != TOOL]
    if not spoken or spoken[-1].speaker != CUSTOMER or cues.BYE.search(spoken[-1].text) or cues.LEAVES.search(spoken[-1].text):
        return None
    return spoken[-1].text if len(spoken) > 1 else None


def _answered(it: Dialogue) -> Iterator[tuple[str, list[str]]]:
    """Each text of the customer with the agent's texts until the customer speaks again."""
    heard: Step | None = None
    answers: list[str] = []
    for step in it.steps:
        if step.speaker == CUSTOMER and step.text:
            if heard:
                yield heard.text, answers
            heard, answers = step, []
        elif step.speaker == AGENT and step.text:
            answers.append(step.text)
    if heard:
        yield heard.text, answers


SIGNS: Final = (
    Sign("mentions_price", Code.PRICING, Author.AGENT, "The customer speaks of prices.", _mentions_price),
    Sign("prices_repeatedly", Code.PRICING, Author.AGENT, "The customer asks for the price more than once.", _prices_repeatedly),
    Sign("price_unanswered", Code.PRICING, Author.AGENT, "The customer asks for a price and is told none.", _price_unanswered),
    Sign("mentions_free", Code.AVAILABILITY, Author.AGENT, "The customer asks what is free.", _mentions_free),
    Sign(
        "offers_unchecked", Code.AVAILABILITY, Author.AGENT, "The agent offers a time before it looked up what is free.", _offers_unchecked
    ),
    Sign(
        "lost",
        Code.UNCLEAR,
        Author.AGENT,
        "The customer does not understand the agent.",
        lambda it: _first(it.said_by(CUSTOMER), cues.LOST),
    ),
    Sign("tool_error", Code.TECHNICAL, Author.AGENT, "A tool refuses what the agent gives it.", _tool_error),
    Sign("service_error", Code.TECHNICAL, Author.ENVIRONMENT, "A tool does not answer.", lambda it: next(iter(service_faults(it)), None)),
    Sign(
        "error_unhandled", Code.TOOL_ERROR_UNHANDLED, Author.AGENT, "A call fails and the agent tries nothing else.", _tool_error_unhandled
    ),
    Sign("wrong_time", Code.WRONG_TIME, Author.AGENT, "The customer is offered a time that was ruled out.", _wrong_time),
    Sign("slot_taken", Code.DOUBLE_BOOKING, Author.AGENT, "The agent books what is taken.", _taken),
    Sign(
        "wrote_unconfirmed",
        Code.MISSING_CONFIRMATION,
        Author.AGENT,
        "The agent changes something to which the customer has not agreed.",
        _wrote_unconfirmed,
    ),
    Sign("corrected", Code.CONSTRAINT_IGNORED, Author.AGENT, "The customer says again what the agent did not heed.", _corrected),
    Sign("guessed", Code.CLARIFICATION_MISSING, Author.AGENT, "The customer's wish is vague and the agent asks nothing.", _guessed),
    Sign("same_question", Code.REPEATED_QUESTION, Author.AGENT, "The agent asks the same question again.", _same_question),
    Sign("told_twice", Code.REPEATED_QUESTION, Author.AGENT, "The customer is asked for what was said before.", _told_twice),
    Sign(
        "handed_over_needlessly",
        Code.NEEDLESS_HANDOFF,
        Author.AGENT,
        "The agent hands over where nobody asked and nothing failed.",
        _handed_over_needlessly,
    ),
    Sign("forbidden_write", Code.POLICY_VIOLATION, Author.AGENT, "The agent attempts what the rules do not allow.", _forbidden),
    Sign("claims_undone", Code.WRONG_WRITE, Author.AGENT, "The agent says that it is done where no call did it.", _claims_undone),
    Sign("writes_again", Code.WRONG_WRITE, Author.AGENT, "The agent changes the same thing twice.", _writes_again),
    Sign("loops", Code.REPEATED_ACTION, Author.AGENT, "The agent makes the same call again and again.", _loops),
    Sign(
        "ends_unanswered",
        Code.PREMATURE_END,
        Author.AGENT,
        "The conversation ends on words of the customer that nobody answers.",
        _ends_unanswered,
    ),
)
"""All signs. `name` is unique; several may stand for one code."""
