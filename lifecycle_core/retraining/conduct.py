"""What can be seen an agent do: each function gives the words or the call that show a sign, or None."""

import re
from collections.abc import Iterator
from typing import Final

from lifecycle_core.retraining import cues
from lifecycle_core.retraining.dialogue import AGENT, CUSTOMER, Call, Dialogue, Step
from lifecycle_core.retraining.speech import asked_for_a_person, first, objections

LOOP: Final = 3
"""So many equal calls in a row are a loop."""
LOOP_OF_NAMES: Final = 5
"""The same where the source keeps no arguments."""
_THING: Final = re.compile(r'_id"\s*:\s*"([^"]+)"')


def looked_up(it: Dialogue) -> bool:
    """Whether the agent ever asked a tool what is free."""
    return any(call.looks_up_slots for call in it.calls)


def service_faults(it: Dialogue) -> list[str]:
    """The failed calls that no agent could have made well, by their messages: time-outs, a server's faults."""
    return [fault["message"] for fault in it.errors if fault["tool"] is not None and cues.SERVICE.search(fault["message"])]


def service_error(it: Dialogue) -> str | None:
    """The first of these."""
    return next(iter(service_faults(it)), None)


def tool_error(it: Dialogue) -> str | None:
    """A call that its tool refuses for what was given to it; that a time is taken is not for that."""
    told = (fault["message"] for fault in it.errors if fault["tool"] is not None)
    return next((message for message in told if not cues.SERVICE.search(message) and not cues.TAKEN.search(message)), None)


def error_unhandled(it: Dialogue) -> str | None:
    """A failed call after which the agent calls nothing more and asks nothing; that a time is taken is an answer and no failure."""
    failed = [place for place, step in enumerate(it.steps) if step.failed]
    if not failed:
        last = it.calls[-1].name if it.calls and not it.shows_calls else None
        return next((fault["message"] for fault in it.errors if last and fault["tool"] == last), None)
    told = it.steps[failed[-1]].text
    later = [step for step in it.steps[failed[-1] + 1 :] if step.speaker == AGENT]
    gave_up = later and not any(step.calls or "?" in step.text for step in later)
    return told if gave_up and not cues.TAKEN.search(told) else None


def offers_unchecked(it: Dialogue) -> str | None:
    """A time that the agent offers, and the customer had not named, before it looked up what is free."""
    if not it.shows_calls and looked_up(it):
        return None
    heard: set[str] = set()
    for step in it.steps:
        if any(call.looks_up_slots for call in step.calls):
            return None
        named = {match.group().lower() for match in cues.CLOCK.finditer(step.text)}
        if step.speaker == CUSTOMER:
            heard |= named
        elif step.speaker == AGENT and cues.OFFERS.search(step.text) and named - heard:
            return step.text
    return None


def taken_unchecked(it: Dialogue) -> str | None:
    """A write that is refused because the time is taken, where the agent never looked."""
    return None if looked_up(it) else next(_refused_writes(it, cues.TAKEN), None)


def taken_after_all(it: Dialogue) -> str | None:
    """The same where it did look."""
    return next(_refused_writes(it, cues.TAKEN), None) if looked_up(it) else None


def forbidden_write(it: Dialogue) -> str | None:
    """A write that is refused because the rules do not allow it."""
    return next(_refused_writes(it, cues.FORBIDDEN), None)


def wrote_unconfirmed(it: Dialogue) -> str | None:
    """A write where the customer's last words agree to nothing."""
    heard = ""
    for step in it.steps:
        if step.speaker == CUSTOMER:
            heard = step.text
        writing = next((call for call in step.calls if call.writes), None)
        if writing and not cues.YES.search(heard):
            return heard or writing.name
    return None


def books_unnamed_time(it: Dialogue) -> str | None:
    """A write with a time, where the customer named no hours and the agent had not named that time either."""
    named: set[str] = set()
    for step in it.steps:
        for call in step.calls:
            times = _times(call.arguments) if call.writes else set()
            if times and not times & named and not any(cues.HOURS.search(text) for text in _said_before(it, step)):
                return f"{call.name} {call.arguments}"
        if step.speaker == AGENT:
            named |= _times(step.text)
    return None


def offers_unasked(it: Dialogue) -> str | None:
    """A time that the agent offers or writes, where the customer has named neither day nor hours."""
    for step in it.steps:
        if step.speaker == CUSTOMER and cues.DAY_OR_HOURS.search(step.text):
            return None
        written = next((f"{call.name} {call.arguments}" for call in step.calls if call.writes and _times(call.arguments)), None)
        if written or (step.speaker == AGENT and cues.OFFERS.search(step.text) and _times(step.text)):
            return written or step.text
    return None


def wrote_what_is_refused(it: Dialogue) -> str | None:
    """The customer's objection to what the agent wrote since the customer last spoke."""
    for place, text in objections(it):
        before = next((at for at in range(place - 1, -1, -1) if it.steps[at].speaker == CUSTOMER), 0)
        if any(call.writes for step in it.steps[before:place] for call in step.calls):
            return text
    return None


def claims_undone(it: Dialogue) -> str | None:
    """Something that the agent tells as done and no call did."""
    if any(call.writes for call in it.calls) or not it.calls:
        return None
    return first(it.said_by(AGENT), cues.DONE)


def writes_again(it: Dialogue) -> str | None:
    """A write of the same thing as one before."""
    done: set[tuple[str, str]] = set()
    for call in it.calls:
        if call.writes and call.arguments:
            thing = _THING.search(call.arguments)
            key = (call.name, thing.group(1) if thing else call.arguments)
            if key in done:
                return f"{call.name} {call.arguments}"
            done.add(key)
    return None


def loops(it: Dialogue) -> str | None:
    """A call that the agent makes again and again."""
    least, run, before = LOOP if any(call.arguments for call in it.calls) else LOOP_OF_NAMES, 0, None
    for call in it.calls:
        run = run + 1 if call == before else 1
        before = call
        if run >= least:
            return f"{call.name} {call.arguments}".strip()
    return None


def handed_over_needlessly(it: Dialogue) -> str | None:
    """The customer's last words where the agent hands over, nobody asked for a person and nothing failed."""
    if not it.escalated and not any(call.hands_over for call in it.calls):
        return None
    if it.errors or asked_for_a_person(it):
        return None
    return next(reversed(it.said_by(CUSTOMER)), "")


def _refused_writes(it: Dialogue, why: re.Pattern[str]) -> Iterator[str]:
    return (fault["message"] for fault in it.errors if fault["tool"] and Call(fault["tool"]).writes and why.search(fault["message"]))


def _times(text: str) -> set[str]:
    return {match.group().lstrip("0") for match in cues.HOUR.finditer(text)}


def _said_before(it: Dialogue, step: Step) -> Iterator[str]:
    return (earlier.text for earlier in it.steps[: it.steps.index(step)] if earlier.speaker == CUSTOMER)
