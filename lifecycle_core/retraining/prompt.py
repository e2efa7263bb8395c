"""A prompt as named sections, and edits to them.

A section begins at a Markdown heading (`# Booking`) or at a short line that ends in a
colon and stands alone (`Booking:`). What comes before the first is the opening.
Sections joined give back the prompt to the letter.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import reduce
from typing import Final, Literal, Self

from lifecycle_core.errors import InvalidInputError

OPENING: Final = "opening"
"""The name of what stands before the first heading."""
SHOWN: Final = 80

Action = Literal["add", "replace", "remove"]

_HEADING: Final = re.compile(
    r"^(?:(?P<marks>#{1,6})[ \t]+(?P<marked>\S[^\n]*?)[ \t#]*|(?P<plain>[A-Z][^\n:.!?]{0,58}):[ \t]*)(?:\n|\Z)", re.MULTILINE
)
_ITEM: Final = re.compile(r"^(?P<indent>[ \t]*)(?:(?P<bullet>[-*•])|(?P<number>\d{1,3})(?P<dot>[.)]))[ \t]+")


class EditError(InvalidInputError):
    """An edit that does not fit the prompt it is meant for."""

    code = "edit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """One change to a section of a prompt.

    section : its name; with "add", one that is not there is appended.
    action : "add" puts `text` at the section's end, "replace" puts it in place of `old`, "remove" takes `old` away.
    cites : the mined issue that asks for it; motive : the sentence that says why, for people.
    """

    section: str
    action: Action
    text: str = ""
    old: str = ""
    cites: str
    motive: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with its line break, "" for the opening, and what follows it."""

    name: str
    heading: str
    body: str


@dataclass(frozen=True, slots=True)
class Prompt:
    r"""A prompt's sections, in order.

    >>> prompt = Prompt.of("Be kind.\n# Booking\nConfirm first.")
    >>> [section.name for section in prompt.sections], prompt.text
    (['opening', 'Booking'], 'Be kind.\n# Booking\nConfirm first.')
    """

    sections: tuple[Section, ...]

    @classmethod
    def of(cls, text: str) -> Self:
        """Read the sections of `text`; a second section of one name is called `name (2)`."""
        heads = list(_HEADING.finditer(text))
        first = heads[0].start() if heads else len(text)
        sections = [Section(OPENING, "", text[:first])] if first or not heads else []
        ends = [*(head.start() for head in heads[1:]), len(text)]
        names: dict[str, int] = {}
        for head, end in zip(heads, ends, strict=False):
            name = (head["marked"] or head["plain"]).strip()
            names[name] = names.get(name, 0) + 1
            told = name if names[name] == 1 else f"{name} ({names[name]})"
            sections.append(Section(told, head.group(), text[head.end() : end]))
        return cls(tuple(sections))

    @property
    def text(self) -> str:
        """The prompt as an agent is given it."""
        return "".join(section.heading + section.body for section in self.sections)

    def edited(self, edit: Edit) -> Self:
        r"""The prompt after `edit`; raises EditError where it does not fit.

        >>> edit = Edit(section="Booking", action="add", text="Check the calendar first.", cites="availability")
        >>> Prompt.of("# Booking\n- Confirm first.\n").edited(edit).text
        '# Booking\n- Confirm first.\n- Check the calendar first.\n'
        """
        place = self._place(edit.section)
        if edit.action == "add":
            text = _one_line(edit.text)
            if not text:
                message = f"the edit to {edit.section!r} adds nothing; give it a text"
                raise EditError(message, field="text")
            return self._appended(edit.section, text) if place is None else self._with(place, _added(self.sections[place].body, text))
        if place is None:
            named = ", ".join(repr(section.name) for section in self.sections)
            message = f"the prompt has no section {edit.section[:SHOWN]!r}; it has {named}"
            raise EditError(message, field="section")
        body, old = self.sections[place].body, edit.old.strip()
        times = body.count(old) if old else 0
        if times != 1:
            message = f"{old[:SHOWN]!r} stands in section {edit.section!r} {times} times; an edit takes a passage that stands there once"
            raise EditError(message, field="old")
        return self._with(place, body.replace(old, edit.text.strip() if edit.action == "replace" else ""))

    def _place(self, name: str) -> int | None:
        wanted = name.strip().lstrip("#").strip().rstrip(":").casefold()
        return next((place for place, section in enumerate(self.sections) if section.name.casefold() == wanted), None)

    def _with(self, place: int, body: str) -> Self:
        changed = replace(self.sections[place], body=body)
        return replace(self, sections=(*self.sections[:place], changed, *self.sections[place + 1 :]))

    def _appended(self, name: str, text: str) -> Self:
        """A new section at the end, its heading like those that are there."""
        last = self.text
        gap = "" if not last else "\n" if last.endswith("\n") else "\n\n"
        model = next((section.heading for section in self.sections if section.heading), "# ")
        marks = re.match(r"#+ ", model)
        heading = f"{marks.group()}{name}\n" if marks else f"{name}:\n"
        spaced = replace(self.sections[-1], body=self.sections[-1].body + gap) if self.sections else None
        before = (*self.sections[:-1], spaced) if spaced else ()
        return replace(self, sections=(*before, Section(name, heading, text)))


def edited(prompt: str, edits: Iterable[Edit]) -> str:
    """The text of `prompt` after `edits`, one after the other; raises EditError for the first that does not fit."""
    return reduce(Prompt.edited, edits, Prompt.of(prompt)).text


def _one_line(text: str) -> str:
    return "\n".join(line.strip() for line in text.strip().splitlines() if line.strip())


def _added(body: str, text: str) -> str:
    """`text` as the last line of `body`, and as an item where that is a list."""
    kept = body.rstrip()
    if not kept:
        return f"{text}\n{body}" if body else text
    item = _ITEM.match(kept.splitlines()[-1])
    if item:
        mark = item["bullet"] or f"{int(item['number']) + 1}{item['dot']}"
        text = f"{item['indent']}{mark} {_ITEM.sub('', text)}"
    return f"{kept}\n{text}{body[len(kept) :]}"
