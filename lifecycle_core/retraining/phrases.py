"""The words that set failures apart: what is said in them more than in successes, counted by conversation and not by word."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import erfc, sqrt
from typing import Final

import numpy as np

from lifecycle_core.retraining.dialogue import AGENT, CUSTOMER, Dialogue
from lifecycle_core.statistics.association import benjamini_hochberg
from lifecycle_core.statistics.words import log_odds

FEWEST: Final = 5
"""A phrase stands in so many failures of different customers at least: fewer would be somebody's own words."""
MOST_TERMS: Final = 5000
LEVEL: Final = 0.05
_WORD: Final = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
_MASKED: Final = re.compile(r"<[A-Z]+(?:_\w+)?>|\[[A-Z]+(?:_\w+)?\]|…\[\+\d+\]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """A word, or two that stand together: who says it, and the evidence that it sets failures apart.

    failures, successes : of how many customers.
    z : the log-odds in standard errors; q : the share of false discoveries at which it would still be kept.
    """

    speaker: str
    text: str
    failures: int
    successes: int
    z: float
    q: float


def telling_phrases(
    failures: Sequence[tuple[int, Dialogue]], successes: Sequence[tuple[int, Dialogue]], most: int = 12
) -> tuple[Phrase, ...]:
    """The phrases that failures hold more than successes, the strongest first; at most `most`, none without evidence.

    failures, successes : each masked, with the number of whom or what it is about: what one customer says in ten conversations counts once.
        What stands for personal data is no word. A phrase that shares a word with one told before is left out.

    >>> from lifecycle_core.retraining.dialogue import Step
    >>> def said(text): return Dialogue((Step("user", text),), (), (), escalated=False, shows_calls=True)
    >>> common = "hello i would like to book a cleaning please and thank you very much for your help today"
    >>> failures = [(number, said(common + " on sunday")) for number in range(30)]
    >>> found = telling_phrases(failures, [(number, said(common)) for number in range(30, 120)])
    >>> found[0].text, found[0].failures, found[0].successes
    ('on sunday', 30, 0)
    """
    counts1, counts0 = _counted(failures), _counted(successes)
    terms = [term for term, count in counts1.most_common(MOST_TERMS) if count >= FEWEST]
    if not terms:
        return ()
    # what is too rare to be told still belongs to the groups' sizes, as one term
    rest1, rest0 = (sum(counts.values()) - sum(counts[term] for term in terms) for counts in (counts1, counts0))
    y1, y0 = ([*(counts[term] for term in terms), rest] for counts, rest in ((counts1, rest1), (counts0, rest0)))
    z = log_odds(y1, y0)[1][:-1]
    q = benjamini_hochberg([erfc(abs(it) / sqrt(2)) for it in z.tolist()])
    found = [
        Phrase(speaker=terms[at][0], text=terms[at][1], failures=y1[at], successes=y0[at], z=float(z[at]), q=float(q[at]))
        for at in np.lexsort((np.array([-len(text) for _, text in terms]), -z)).tolist()
        if z[at] > 0 and q[at] <= LEVEL
    ]
    return tuple(_without_parts(found))[:most]


def _counted(dialogues: Iterable[tuple[int, Dialogue]]) -> Counter[tuple[str, str]]:
    said: dict[int, set[tuple[str, str]]] = {}
    for about, it in dialogues:
        terms = ((speaker, term) for speaker in (CUSTOMER, AGENT) for text in it.said_by(speaker) for term in terms_of(text))
        said.setdefault(about, set()).update(terms)
    return Counter(term for terms in said.values() for term in terms)


def terms_of(text: str) -> set[str]:
    """The words of a text and the pairs of words that stand together within a sentence, in small letters.

    >>> sorted(terms_of("Any evening? Call <PHONE_1>."))
    ['any', 'any evening', 'call', 'evening']
    """
    found: set[str] = set()
    for sentence in re.split(r"[.!?;:\n]+", _MASKED.sub(".", text).lower()):
        words = _WORD.findall(sentence)
        found.update(word for word in words if len(word) > 1)
        found.update(" ".join(pair) for pair in pairwise(words))
    return found


def _without_parts(found: Sequence[Phrase]) -> Iterable[Phrase]:
    """Leave out what shares a word with a phrase of the same speaker that is told already."""
    told: set[tuple[str, str]] = set()
    for it in found:
        words = it.text.split()
        if not any((it.speaker, word) in told for word in words):
            told.update((it.speaker, word) for word in words)
            yield it
