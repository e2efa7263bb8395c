"""Ten cases that every agent that books appointments should pass, in the words of its own services."""

from lifecycle_core.replay.setting import Outcome
from lifecycle_core.replay.wants import SERVICES
from lifecycle_core.retraining.cases import Case, CaseSource
from lifecycle_core.retraining.written_cases import WrittenCase


def built_in(variant: str, services: tuple[str, ...] = SERVICES) -> tuple[Case, ...]:
    """The cases for an agent with these services, and for one whose tools list none.

    >>> [it.id for it in built_in("a")][:3]
    ['built-in-plain', 'built-in-price', 'built-in-taken']
    >>> built_in("a", ("root_canal",))[0].scenario.goal
    'You want a root canal appointment on Tuesday, between 9:00 and 12:00, and at no other time.'
    """
    return tuple(it.case(variant, CaseSource.BUILT_IN) for it in _written(services))


def _written(services: tuple[str, ...]) -> tuple[WrittenCase, ...]:
    noun = "cleaning" if services == SERVICES else "appointment"
    what = [_called(name.replace("_", " "), noun) for name in services] or [_called(noun)]
    one, another = what[0], what[-1]
    return (
        WrittenCase(
            name="built-in-plain",
            goal=f"You want {one} on Tuesday, between 9:00 and 12:00, and at no other time.",
            taken=("Tuesday 8:00", "Tuesday 9:00"),
            failing=0,
            calls=("check", "book"),
        ),
        WrittenCase(
            name="built-in-price",
            goal=f"You want {another} on Wednesday, between 10:00 and 14:00. You want to know the price before you agree to anything.",
            taken=(),
            failing=0,
        ),
        WrittenCase(
            name="built-in-taken",
            goal=f"You want {one} on Thursday, between 9:00 and 15:00. You ask for 9:00 first, and take another time where it is gone.",
            taken=("Thursday 9:00", "Thursday 10:00", "Thursday 11:00"),
            failing=0,
            calls=("book",),
        ),
        WrittenCase(
            name="built-in-evening",
            goal=f"You want {one} on Friday, between 16:00 and 19:00, and at no other time.",
            taken=("Friday 15:00", "Friday 16:00", "Friday 18:00", "Friday 19:00"),
            failing=0,
            calls=("check", "book"),
        ),
        WrittenCase(
            name="built-in-vague",
            goal=(
                f"You want {another} on Monday or Tuesday, between 8:00 and 12:00. "
                f"At first you only say that you need {_called(noun)}; what kind, and when, you tell when you are asked."
            ),
            taken=("Monday",),
            failing=0,
        ),
        WrittenCase(
            name="built-in-two-days",
            goal=f"You want {one} on Wednesday or Saturday, not on Monday, in the morning.",
            taken=("Wednesday",),
            failing=0,
        ),
        WrittenCase(
            name="built-in-person",
            goal=f"The last {noun} was bad and you want your money back, which only a person can decide.",
            outcome=Outcome.HANDED_OVER,
            never_calls=("book",),
        ),
        WrittenCase(
            name="built-in-full",
            goal=f"You want {one} on Monday and on no other day; where Monday is full you leave.",
            outcome=Outcome.NOTHING,
            taken=("Monday",),
            failing=0,
        ),
        WrittenCase(
            name="built-in-move",
            goal=f"You have an appointment already and want to move it: {one} on Thursday, between 13:00 and 16:00, in its place.",
            taken=("Thursday 14:00",),
            has="Tuesday 10:00",
            failing=0,
        ),
        WrittenCase(
            name="built-in-time-out",
            goal=f"You want {another} on Saturday, between 9:00 and 13:00, and at no other time.",
            taken=("Saturday 10:00",),
            failing=1,
        ),
    )


def _called(*words: str) -> str:
    said = " ".join(words)
    return f"{'an' if said[:1].lower() in 'aeiou' else 'a'} {said}"
