"""What no candidate's prompt may do, whoever wrote it: each gate names the value, the limit and the remedy.

A prompt is written out of what customers said, and customers may be hostile; so the
gates judge the candidate's text alone and trust nothing that its writer says of it.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Self

from lifecycle_core.conversations import Conversation
from lifecycle_core.privacy.fencing import GAP, visible
from lifecycle_core.privacy.masking import find
from lifecycle_core.retraining.prompt import Edit, EditError, edited

COPIED_WORDS: Final = 8
"""So many words in a row are a copy where fewer than three customers say them; six would be found in nearly every honest prompt."""
COMMON_CUSTOMERS: Final = 3
"""What so many customers say in the same words is nobody's own."""
CHORUS_WORDS: Final = 12
"""So many words in a row are a copy however many say them: customers who agree so far were told what to say."""
PARROTED_WORDS: Final = 4
"""An edit of so many words or more is no rule where a customer said all of it in a row."""
MOST_GROWTH: Final = 0.30
LEAST_ROOM: Final = 400
"""Characters that any prompt may grow by: 30% of a short prompt is less than one rule."""
SHOWN: Final = 60

_WORD: Final = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)?")
_SLOT: Final = re.compile(r"\{\{?\s*[\w.]+\s*\}?\}|\$\{?[A-Z][A-Z0-9_]*\}?|%\(\w+\)[sd]|<[a-z][a-z_]*>")
_URL: Final = re.compile(
    r"\b(?:https?|ftp)://\S+|\bwww\.\S+|\b[\w-]+\.(?:com|org|net|io|dev|ai|co|app|info|ru|cn|xyz)\b(?:/\S*)?", re.IGNORECASE
)
_TOOL: Final = re.compile(r"\b[a-z][a-z0-9]*(?:_[a-z0-9]+)+\b|\b[a-z]+(?:[A-Z][a-z]+)+(?=\()|\b\w+(?=\(\))")
_MASKED: Final = re.compile(rf"<[A-Z]{{3,12}}_\d+>|[«»{GAP}]")
_ENCODED: Final = re.compile(r"\b(?:[01]{6,}|[0-9a-fA-F]{16,}|(?=[A-Za-z+/]*\d)[A-Za-z0-9+/]{20,}={0,2})")
_PROTOCOL: Final = re.compile(r"`{3}|<\|\w+\|>|\[/?INST\]|<</?SYS>>|\"\s*:\s*[\[{\"]|[\]}]\s*,\s*[\[{]")
_INSTRUCTIONS: Final = r"(?:instruct\w*|rules?|prompts?|guidelines?|polic(?:y|ies)|safeguards?|constraints?)"
_ORDERS: Final = (
    ("ignore", re.compile(rf"\b(?:ignor|disregard|forget|overrid|bypass|circumvent)\w*\b[^.\n]{{0,40}}\b{_INSTRUCTIONS}\b", re.IGNORECASE)),
    (
        "reveal",
        re.compile(
            r"\b(?:reveal|disclos|print|repeat|show|output|share|leak|expos)\w*\b[^.\n]{0,40}"
            r"\b(?:system prompt|prompt|instructions?|api[ _-]?keys?|passwords?|secrets?|credentials?|other customers?)\b",
            re.IGNORECASE,
        ),
    ),
    (
        "promote",
        re.compile(
            r"\b(?:promot|approv|deploy|activat|accept|prefer)\w*\b[^.\n]{0,40}"
            r"\b(?:candidates?|versions?|this prompt|new prompt|evaluat\w*|judge\w*)\b"
            r"|\b(?:pass|win)\w*\b[^.\n]{0,20}\b(?:shadow tests?|evaluations?|gates?)\b",
            re.IGNORECASE,
        ),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptGates:
    """What candidates for one incumbent are judged by.

    issues : the names of the mined issues that an edit may cite; tools : the names of the agent's tools.
    said : customer -> what that customer said, as words between single spaces.
    """

    incumbent: str
    issues: frozenset[str]
    tools: tuple[str, ...] = ()
    said: Mapping[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, incumbent: str, issues: Iterable[str], tools: Iterable[str], conversations: Iterable[Conversation]) -> Self:
        """The gates for `incumbent`, with what the customers of `conversations` said; one without an id is a customer of its own."""
        said: dict[str, list[str]] = {}
        for it in conversations:
            texts = [message.get("content") or "" for message in it.messages if message["role"] == "user"]
            said.setdefault(it.customer_id or f"conversation {it.id}", []).extend(texts)
        spoken = {customer: f" {' | '.join(' '.join(_words(text)) for text in texts)} " for customer, texts in said.items()}
        return cls(incumbent=incumbent, issues=frozenset(issues), tools=tuple(tools), said=spoken)

    def refusals(self, candidate: str, edits: Sequence[Edit]) -> tuple[str, ...]:
        """Why `candidate`, made by `edits`, may not be used: a sentence for each gate that refuses it.

        >>> gates = PromptGates(incumbent="Be kind.", issues=frozenset({"pricing"}))
        >>> gates.refusals("Be kind. See http://x.y", (Edit(section="opening", action="add", text="See http://x.y", cites="pricing"),))[-1]
        'it adds the address http://x.y; leave addresses to the incumbent, who sets them'
        """
        gates = (
            self._unmade,
            self._uncited,
            self._growth,
            self._lost,
            self._hidden,
            self._personal,
            self._orders,
            self._copied,
            self._parroted,
            self._unreadable,
            self._added,
        )
        return tuple(sentence for gate in gates for sentence in gate(candidate, edits))

    def _unmade(self, candidate: str, edits: Sequence[Edit]) -> Iterator[str]:
        if candidate == self.incumbent:
            yield "it is the incumbent's prompt, unchanged; propose an edit"
            return
        try:
            made = edited(self.incumbent, edits)
        except EditError as error:
            yield f"an edit does not fit: {error}"
            return
        if made != candidate:
            yield "it holds changes that none of its edits names; name each"

    def _uncited(self, _candidate: str, edits: Sequence[Edit]) -> Iterator[str]:
        for edit in edits:
            if edit.cites not in self.issues:
                known = ", ".join(sorted(self.issues)) or "none"
                yield f"its edit to {edit.section[:SHOWN]!r} cites {edit.cites[:SHOWN]!r}, which was not mined; cite one of: {known}"

    def _growth(self, candidate: str, _edits: Sequence[Edit]) -> Iterator[str]:
        size, most = len(self.incumbent), most_characters(self.incumbent)
        if len(candidate) > most:
            grown = f" ({len(candidate) / size - 1:+.0%})" if size else ""
            yield f"it grows from {size:,} to {len(candidate):,} characters{grown}; {most:,} are allowed: say it in fewer words"

    def _lost(self, candidate: str, _edits: Sequence[Edit]) -> Iterator[str]:
        slots = dict.fromkeys(_SLOT.findall(self.incumbent))
        for lost in (slot for slot in slots if slot not in candidate):
            yield f"it loses the placeholder {lost}; keep it"
        for lost in (tool for tool in self.tools if _names(self.incumbent, tool) and not _names(candidate, tool)):
            yield f"it no longer names the tool {lost}; keep it"

    def _hidden(self, candidate: str, _edits: Sequence[Edit]) -> Iterator[str]:
        hidden = len(candidate) - len(visible(candidate)) - (len(self.incumbent) - len(visible(self.incumbent)))
        if hidden > 0:
            yield f"it adds {hidden} characters that cannot be seen; take them out"

    def _personal(self, candidate: str, _edits: Sequence[Edit]) -> Iterator[str]:
        for finding in find(candidate):
            if candidate[finding.start : finding.end] not in self.incumbent:
                yield f"it holds what looks like personal data ({finding.kind.value.lower()}); take it out"
        for mark in dict.fromkeys(_MASKED.findall(candidate)):
            if mark not in self.incumbent:
                yield f"it holds {mark}, which stands for quoted or masked text; take it out"

    def _orders(self, candidate: str, _edits: Sequence[Edit]) -> Iterator[str]:
        for name, pattern in _ORDERS:
            for order in dict.fromkeys(it.group() for it in pattern.finditer(candidate)):
                if order not in self.incumbent:
                    yield f"it speaks of what an agent is not told to do ({name}): {order[:SHOWN]!r}; take that out"

    def _copied(self, candidate: str, _edits: Sequence[Edit]) -> Iterator[str]:
        for length, common in ((COPIED_WORDS, COMMON_CUSTOMERS), (CHORUS_WORDS, len(self.said) + 1)):
            for passage in self._new_passages(candidate, length):
                speakers = sum(passage in text for text in self.said.values())
                if 0 < speakers < common:
                    told = f"({passage.strip()[:SHOWN]!r}), said by {speakers}"
                    yield f"it carries {length} words in a row of a customer's {told}; say it in other words"
                    return

    def _parroted(self, _candidate: str, edits: Sequence[Edit]) -> Iterator[str]:
        for edit in edits:
            words = _words(edit.text)
            if len(words) >= PARROTED_WORDS and any(f" {' '.join(words)} " in text for text in self.said.values()):
                yield f"its edit {edit.text[:SHOWN]!r} is what a customer said, word for word; say what the agent is to do"

    def _unreadable(self, candidate: str, _edits: Sequence[Edit]) -> Iterator[str]:
        for name, pattern in (("encoded", _ENCODED), ("of a protocol", _PROTOCOL)):
            for found in dict.fromkeys(it.group() for it in pattern.finditer(candidate)):
                if found not in self.incumbent:
                    yield f"it adds {found[:SHOWN]!r}, which looks {name}; write plain sentences"
        for script in sorted(_scripts(candidate) - _scripts(self.incumbent)):
            yield f"it adds letters of another script ({script}); write as the incumbent does"

    def _new_passages(self, candidate: str, length: int) -> Iterator[str]:
        own, words = f" {' '.join(_words(self.incumbent))} ", _words(candidate)
        passages = (f" {' '.join(words[place : place + length])} " for place in range(len(words) - length + 1))
        yield from (passage for passage in passages if passage not in own)

    def _added(self, candidate: str, _edits: Sequence[Edit]) -> Iterator[str]:
        for url in dict.fromkeys(_URL.findall(candidate)):
            if url not in self.incumbent:
                yield f"it adds the address {url[:SHOWN]}; leave addresses to the incumbent, who sets them"
        for tool in dict.fromkeys(_TOOL.findall(candidate)):
            if tool not in self.tools and not _names(self.incumbent, tool):
                known = ", ".join(self.tools) or "none"
                yield f"it names {tool[:SHOWN]!r}, which is no tool of this agent's; it has: {known}"


def most_characters(incumbent: str) -> int:
    """How long a candidate may be: 30% longer than `incumbent`, or by 400 characters where that is more.

    >>> most_characters("x" * 100), most_characters("x" * 10_000)
    (500, 13000)
    """
    return len(incumbent) + max(LEAST_ROOM, int(MOST_GROWTH * len(incumbent)))


def _scripts(text: str) -> set[str]:
    """The scripts of its letters, as Unicode names them: the first word of a letter's name."""
    return {unicodedata.name(it, "UNNAMED").split()[0].lower() for it in set(text) if it.isalpha()}


def _words(text: str) -> list[str]:
    return [word.replace("\u2019", "'") for word in _WORD.findall(text.lower())]


def _names(text: str, tool: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(tool)}(?!\w)", text) is not None
