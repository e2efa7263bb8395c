"""What mends each kind of issue, in words: the edits that need no model."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from lifecycle_core.retraining.codes import Code


@dataclass(frozen=True, slots=True)
class Remedy:
    """What an issue asks for.

    section : where the rule belongs in a prompt that has no better place.
    rule : what the agent is told.
    improvement, change : the same for people, as advice and as a change to the prompt.
    """

    section: str
    rule: str
    improvement: str
    change: str


REMEDIES: Final[Mapping[str, Remedy]] = MappingProxyType(
    {
        Code.PRICING: Remedy(
            "Prices",
            "When the customer asks what it costs, state the price before you go on.",
            "Be proactive in explaining pricing structure",
            "Add explicit pricing guidance",
        ),
        Code.AVAILABILITY: Remedy(
            "Availability",
            "Always check availability in the calendar before you offer a time.",
            "Always check availability before suggesting times",
            "Improve availability checking flow",
        ),
        Code.UNCLEAR: Remedy(
            "Clarity",
            "If the request is unclear, ask for what is missing, one short question at a time.",
            "Ask clarifying questions when intent is ambiguous",
            "Add clarification prompts",
        ),
        Code.TECHNICAL: Remedy(
            "Errors",
            "If a tool returns an error, correct what you gave it and try again.",
            "Correct the arguments of a tool that refuses them, and try again",
            "Add handling of tools' errors",
        ),
        Code.WRONG_TIME: Remedy(
            "Times",
            "Offer only days and times that fit what the customer said, and check in the calendar that they are free.",
            "Keep to the days and times that the customer named",
            "Add a rule on the customer's days and times",
        ),
        Code.DOUBLE_BOOKING: Remedy(
            "Bookings",
            "Check in the calendar that a time is still free before you book it.",
            "Make sure that a time is free before booking it",
            "Add a check before each booking",
        ),
        Code.MISSING_CONFIRMATION: Remedy(
            "Confirmation",
            "Have the customer confirm service, day and time before you book.",
            "Have the customer confirm before anything is booked or changed",
            "Add a confirmation step",
        ),
        Code.CONSTRAINT_IGNORED: Remedy(
            "Wishes",
            "Remember every wish and limit that the customer has given, and keep to all of them until the end.",
            "Keep to everything the customer asked for",
            "Add a rule on the customer's wishes and limits",
        ),
        Code.CLARIFICATION_MISSING: Remedy(
            "Questions",
            "If the service or the day is unclear, ask for it, and do not guess.",
            "Ask where a wish is vague, rather than guess",
            "Add clarification prompts",
        ),
        Code.REPEATED_QUESTION: Remedy(
            "Memory",
            "Do not ask again for what the customer has already said.",
            "Do not ask again for what was said",
            "Add a rule against repeated questions",
        ),
        Code.NEEDLESS_HANDOFF: Remedy(
            "Handing over",
            "Hand over to a person only when the request needs one.",
            "Hand over only where it is needed",
            "Narrow the rule on handing over",
        ),
        Code.POLICY_VIOLATION: Remedy(
            "Limits",
            "Before you change anything, make sure that the rules above allow it; if they do not, say so and explain what is possible.",
            "Keep to the rules before changing anything",
            "Add a check of the rules before each change",
        ),
        Code.TOOL_ERROR_UNHANDLED: Remedy(
            "Errors",
            "If a tool fails or a time is taken, try again or offer another time.",
            "Recover from a failed call instead of giving up",
            "Add recovery from failed calls",
        ),
        Code.WRONG_WRITE: Remedy(
            "Changes",
            "Say that something is done only after the tool has confirmed it, and change each thing only once.",
            "Change exactly what was agreed, once, and report only what was done",
            "Add a rule on changes",
        ),
        Code.REPEATED_ACTION: Remedy(
            "Tools",
            "Do not make the same call with the same arguments again once it has answered; use its answer.",
            "Use the answer of a call instead of repeating it",
            "Add a rule against repeated calls",
        ),
        Code.PREMATURE_END: Remedy(
            "Ending",
            "Answer every message of the customer, and end only when the request is settled or the customer says goodbye.",
            "Do not end before the customer's request is settled",
            "Add a rule on when to end",
        ),
    }
)
"""By issue. "other" has none: what nobody can name, no rule mends."""
