"""The prompts of a search: each step edits one that did well, for what a batch of cases showed to be wrong with it.

1. Which prompt is edited next, and which stays, is for a library to decide (see `tasks.search`); this is what it is not trusted with.
2. The model sees patterns and fenced quotes, as for every other engine, and answers in edits; the edits add up, from the incumbent on.
3. What a gate refuses is never served; what the model fails at is counted, and a model that fails again and again ends the search.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from lifecycle_core.chat import Chat, ChatNonsenseError, ChatRefusedError
from lifecycle_core.policy import Engine
from lifecycle_core.privacy.fencing import Fence
from lifecycle_core.retraining.improvement import Candidate, Mined, PromptImprovement, Quoted
from lifecycle_core.retraining.prompt import Edit
from lifecycle_core.retraining.prompt_gates import PromptGates
from lifecycle_core.retraining.proposals import Task, choose, improvement_of, judged, mendable, read_edits, request_of

MINIBATCH: Final = 3
"""Cases that a step serves, before and after its edit."""
STEPS: Final = 15
"""Fewer steps than these are no search."""
GIVEN_UP: Final = 5
"""So many answers in a row that cannot be read end a search."""


def fewest_rollouts(cases: int) -> int:
    """The fewest conversations that are a search over so many cases: the incumbent's, and those of `STEPS` steps.

    >>> fewest_rollouts(10)
    205
    """
    return cases + STEPS * (MINIBATCH + cases)


@dataclass(frozen=True, slots=True)
class Shown:
    """A case that a prompt failed: the mined issue that its conversation showed, if any, and the assertions that failed."""

    issue: str | None
    failed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Seen:
    """A mined issue with what a batch of cases showed of it."""

    issue: str
    share: float
    feedback: str
    author: str
    quotes: Sequence[Quoted]


@dataclass(slots=True, kw_only=True)
class Search:
    """A search for a better prompt than the incumbent's.

    issues : that a prompt can mend, the gravest first. marker : what fences the quotes (see `Fence`).
    drafted : prompt -> the candidate that it is. failure : the model's last one, where it ends the search.
    """

    issues: tuple[Mined, ...]
    gates: PromptGates
    chat: Chat
    model: str
    marker: str
    seed: int
    drafted: dict[str, Candidate] = field(default_factory=dict)
    failure: Exception | None = None
    simulated: bool = False
    _asked: int = 0
    _unread: int = 0
    _refused: list[Candidate] = field(default_factory=list)

    @classmethod
    def of(cls, issues: Sequence[Mined], gates: PromptGates, *, chat: Chat, model: str, marker: str, seed: int) -> "Search":
        """A search that has not begun, for what a prompt can mend of `issues`."""
        return cls(issues=mendable(issues), gates=gates, chat=chat, model=model, marker=marker, seed=seed)

    def revise(self, prompt: str, shown: Sequence[Shown]) -> str:
        """A prompt made of `prompt` for what was shown; `prompt` itself where what the model gave may not be used.

        prompt : the incumbent's, or one that this search made. Raises what `Chat` raises, but for answers that cannot be read.
        """
        self._asked += 1
        task = Task("one", "Mend what the batch shows, the gravest first.", self._seen(shown), prompt)
        request = request_of(task, self.gates, Fence(self.marker), self.model, self.seed + self._asked)
        try:
            reply = self.chat(request)
            edits = read_edits(reply.content or "")
        except (ChatNonsenseError, ChatRefusedError) as error:
            self._unread += 1
            self.failure = error if self._unread == GIVEN_UP else None
            self._refused.append(Candidate(number=0, prompt=prompt, refusals=(f"the model gave no edits: {error}",)))
            return prompt
        self._unread, self.simulated = 0, self.simulated or reply.simulated
        made = judged(0, (*self._edits(prompt), *edits), self.gates)
        if not made.usable:
            self._refused.append(made)
            return prompt
        self.drafted.setdefault(made.prompt, made)
        return made.prompt

    def ended(self, scores: Mapping[str, float]) -> PromptImprovement:
        """What the search came to, with the candidate chosen that scored best and better than the incumbent.

        scores : prompt -> its mean over the cases that select, of the incumbent's and of those that did better on their batch.
        """
        floor = scores[self.gates.incumbent]
        found = [*(self._judged(it, scores.get(it.prompt), floor) for it in self.drafted.values()), *self._refused]
        candidates = [replace(it, number=number) for number, it in enumerate(found, 1)]
        improved = improvement_of(Engine.GEPA, self.issues, candidates, simulated=self.simulated)
        return choose(improved, {it.number: it.score for it in candidates if it.score is not None})

    def _judged(self, it: Candidate, score: float | None, floor: float) -> Candidate:
        if score is None:
            return replace(it, refusals=(f"on a batch of {MINIBATCH} cases it did no better than the prompt that it was made of",))
        refusals = () if score > floor else (f"it scored {score:.2f} on the cases that select, and the incumbent {floor:.2f}",)
        return replace(it, score=score, refusals=refusals)

    def _edits(self, prompt: str) -> tuple[Edit, ...]:
        return self.drafted[prompt].edits if prompt in self.drafted else ()

    def _seen(self, shown: Sequence[Shown]) -> tuple[Mined, ...]:
        """The issues that the failed cases showed, all where they showed none, each with what failed there."""
        named = {it.issue for it in shown}
        wanted = [it for it in self.issues if str(it.issue) in named] or self.issues
        return tuple(_seen(it, [one for one in shown if one.issue in {str(it.issue), None}]) for it in wanted)


def _seen(it: Mined, shown: Sequence[Shown]) -> _Seen:
    failed = Counter(name for one in shown for name in one.failed)
    told = "".join(f" In {count} of {len(shown)} cases just served it failed this: {name}." for name, count in failed.most_common())
    return _Seen(str(it.issue), it.share, f"{it.feedback}{told}", str(it.author), it.quotes)
