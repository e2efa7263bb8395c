"""Candidates for a better prompt, each made of edits that a mined issue asks for.

1. Only what the agent does wrong is mended: a prompt changes neither customers nor tools.
2. `rules` needs no model: an edit for each issue, with the sentence that motivates it.
3. `builtin` asks a model for several candidates: one for all issues, one for each of the gravest, and one as small as can be. It sees
   patterns and fenced quotes, never a transcript, and answers in edits of a closed schema.
4. Both end in the same gates (`prompt_gates`). A model that fails for every candidate is a failure, and told as one.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as validated_dataclass

from lifecycle_core.chat import Chat, ChatMessage, ChatNonsenseError, ChatRefusedError, ChatRequest
from lifecycle_core.policy import Engine
from lifecycle_core.privacy.fencing import Fence
from lifecycle_core.retraining.codes import Author
from lifecycle_core.retraining.improvement import Candidate, Mined, PromptImprovement
from lifecycle_core.retraining.prompt import Edit, EditError, Prompt, edited
from lifecycle_core.retraining.prompt_gates import PromptGates, most_characters
from lifecycle_core.retraining.remedies import REMEDIES

PURPOSE: Final = "improve_prompt"
GRAVEST: Final = 3
"""So many issues have a candidate of their own."""
MOST_QUOTES: Final = 3
MOST_EDITS: Final = 8
MAX_TOKENS: Final = 2_000

_RULES: Final = (
    "You mend the system prompt of an agent that serves customers. You are given its sections, and patterns in conversations that failed: "
    "how often each shows, what goes wrong, and a few quotes.\n"
    "Answer with edits to named sections. Each edit cites the pattern that asks for it and has one sentence that says why (motive). "
    '"add" puts text at the end of a section (a new name begins a new section), "replace" puts text in place of old, "remove" takes old '
    "away; old is copied from the section to the letter, and is empty with add.\n"
    "Write general rules in plain words, none for one customer. Keep every placeholder and every tool's name. Add no tool, address, "
    "telephone number, name or link. Change nothing that no pattern asks for. Keep it short."
)


@dataclass(frozen=True, slots=True)
class Task:
    """One candidate that is asked for: what to do with the incumbent's prompt, or with one made of it, about which issues."""

    name: str
    words: str
    issues: tuple[Mined, ...]
    prompt: str | None = None


@validated_dataclass(frozen=True, slots=True, kw_only=True, config=ConfigDict(extra="forbid"))
class _Answered:
    section: str
    action: Literal["add", "replace", "remove"]
    text: str
    old: str
    cites: str
    motive: str


@validated_dataclass(frozen=True, slots=True, kw_only=True, config=ConfigDict(extra="forbid"))
class _Answer:
    edits: tuple[_Answered, ...]


def mendable(issues: Iterable[Mined]) -> tuple[Mined, ...]:
    """The issues that a prompt can mend: those at which the agent is at fault, and that have a name."""
    return tuple(it for it in issues if it.author == Author.AGENT and it.issue in REMEDIES)


def by_rules(issues: Sequence[Mined], gates: PromptGates) -> PromptImprovement:
    """Improve the incumbent's prompt with no model: a candidate for all issues, so far as there is room, and one for each of the gravest.

    issues : the gravest first.
    """
    wanted = mendable(issues)
    edits = [edit for edit in map(_by_rule, wanted) if edit.text not in gates.incumbent]
    together = _fitting(gates.incumbent, edits)
    drafts = [together, *([edit] for edit in edits[:GRAVEST] if len(together) > 1)]
    candidates = [judged(number, draft, gates) for number, draft in enumerate(filter(None, drafts), 1)]
    return improvement_of(Engine.RULES, wanted, candidates, simulated=False)


def by_model(
    issues: Sequence[Mined], gates: PromptGates, *, chat: Chat, model: str, marker: str, seed: int | None = None
) -> PromptImprovement:
    """Improve the incumbent's prompt by asking `model`.

    marker : what fences the quotes (see `Fence`); the same for a step that is done again, so that its kept replies are found.

    Raises ChatUnavailableError where the model cannot answer now, and the last ChatRefusedError or ChatNonsenseError where it answered no
    task with anything that can be read.
    """
    wanted, fence = mendable(issues), Fence(marker)
    candidates: list[Candidate] = []
    failures: list[ChatNonsenseError | ChatRefusedError] = []
    simulated = False
    for number, task in enumerate(_tasks(wanted), 1):
        request = request_of(task, gates, fence, model, None if seed is None else seed + number)
        try:
            reply = chat(request)
            simulated |= reply.simulated
            edits = read_edits(reply.content or "")
        except (ChatNonsenseError, ChatRefusedError) as error:
            failures.append(error)
            candidates.append(Candidate(number=number, prompt=gates.incumbent, refusals=(f"the model gave no edits: {error}",)))
            continue
        candidates.append(judged(number, edits, gates))
    if failures and len(failures) == len(candidates):
        raise failures[-1]
    return improvement_of(Engine.BUILTIN, wanted, candidates, simulated=simulated)


def choose(improvement: PromptImprovement, scores: Mapping[int, float]) -> PromptImprovement:
    """The same improvement, with the usable candidate chosen that scored best; of equals the first.

    scores : candidate's number -> its score on the cases that select.
    """
    scored = tuple(replace(it, score=scores.get(it.number, it.score)) for it in improvement.candidates)
    usable = [it for it in scored if it.usable]
    if not usable:
        return replace(improvement, candidates=scored)
    best = max(usable, key=lambda it: (it.score if it.score is not None else float("-inf"), -it.number))
    told = f"it scored {best.score:.2f}, the best of {len(usable)} that may be used" if best.score is not None else "none was scored"
    return replace(improvement, candidates=scored, chosen=best.number, why=f"candidate {best.number}: {told}")


def _by_rule(issue: Mined) -> Edit:
    remedy = REMEDIES[issue.issue]
    motive = f"{issue.share:.0%} of failures: {issue.feedback}"
    return Edit(section=remedy.section, action="add", text=remedy.rule, cites=str(issue.issue), motive=motive)


def _fitting(incumbent: str, edits: Iterable[Edit]) -> list[Edit]:
    """The first of `edits`, so many as there is room for, each rule once."""
    chosen: list[Edit] = []
    for edit in edits:
        if edit.text not in {it.text for it in chosen} and len(edited(incumbent, [*chosen, edit])) <= most_characters(incumbent):
            chosen.append(edit)
    return chosen


def judged(number: int, edits: Sequence[Edit], gates: PromptGates) -> Candidate:
    """The candidate that edits of the incumbent's prompt make, with what the gates say of it."""
    try:
        prompt = edited(gates.incumbent, edits)
    except EditError as error:
        return Candidate(number=number, prompt=gates.incumbent, edits=tuple(edits), refusals=(f"an edit does not fit: {error}",))
    return Candidate(number=number, prompt=prompt, edits=tuple(edits), refusals=gates.refusals(prompt, edits))


def improvement_of(engine: Engine, issues: Sequence[Mined], candidates: Sequence[Candidate], *, simulated: bool) -> PromptImprovement:
    """What candidates come to: the first that may be used is chosen, as long as none is scored."""
    remedies = [REMEDIES[it.issue] for it in issues]
    usable = [it for it in candidates if it.usable]
    if usable:
        why = f"candidate {usable[0].number}: the first of {len(usable)} that may be used; none was scored"
    elif candidates:
        why = f"all {len(candidates)} candidates were refused; the first because {candidates[0].refusals[0]}"
    elif issues:
        why = "the prompt holds the rule for every mined issue already; what is left is for a person, or for a model"
    else:
        why = "nothing was mined that a prompt can mend; the incumbent stays"
    return PromptImprovement(
        engine=engine,
        improvements=tuple(dict.fromkeys(it.improvement for it in remedies)),
        suggested_changes=tuple(dict.fromkeys(it.change for it in remedies)),
        candidates=_each_once(candidates),
        chosen=usable[0].number if usable else None,
        why=why,
        simulated=simulated,
    )


def _each_once(candidates: Iterable[Candidate]) -> tuple[Candidate, ...]:
    """The candidates, one that is like an earlier one marked as such."""
    seen: dict[str, int] = {}
    told = []
    for it in candidates:
        first = seen.setdefault(it.prompt, it.number) if it.usable else it.number
        told.append(it if first == it.number else replace(it, refusals=(f"it is the same as candidate {first}",)))
    return tuple(told)


def _tasks(issues: tuple[Mined, ...]) -> Iterator[Task]:
    if len(issues) > 1:
        yield Task("all", "Mend all patterns, the gravest first.", issues)
    for issue in issues[:GRAVEST]:
        yield Task("one", f"Mend the pattern {str(issue.issue)!r} alone.", (issue,))
    if issues:
        yield Task("minimal", f"Mend the pattern {str(issues[0].issue)!r} with one edit, in as few words as can be.", issues[:1])


def request_of(task: Task, gates: PromptGates, fence: Fence, model: str, seed: int | None) -> ChatRequest:
    """What a model is asked for the edits of one candidate."""
    prompt = gates.incumbent if task.prompt is None else task.prompt
    given = {
        "task": task.name,
        "sections": [{"section": it.name, "text": it.heading + it.body} for it in Prompt.of(prompt).sections],
        "tools": list(gates.tools),
        "characters_allowed": most_characters(gates.incumbent) - len(prompt),
        "patterns": [
            {
                "issue": str(it.issue),
                "share_of_failures": round(it.share, 3),
                "feedback": it.feedback,
                "quotes": [fence.quote(quote.text) for quote in it.quotes[:MOST_QUOTES]],
            }
            for it in task.issues
        ],
    }
    return ChatRequest(
        purpose=PURPOSE,
        model=model,
        messages=(
            ChatMessage(role="system", content=f"{_RULES}\n{fence.rule}\n{task.words}"),
            ChatMessage(role="user", content=json.dumps(given, ensure_ascii=False)),
        ),
        parameters={"max_tokens": MAX_TOKENS},
        seed=seed,
        schema=_schema([str(it.issue) for it in task.issues]),
    )


def _schema(issues: list[str]) -> Mapping[str, object]:
    text = {"type": "string"}
    named = {
        "section": text,
        "action": {"type": "string", "enum": ["add", "replace", "remove"]},
        "text": text,
        "old": text,
        "cites": {"type": "string", "enum": issues},
        "motive": text,
    }
    edit = {"type": "object", "properties": named, "required": list(named), "additionalProperties": False}
    edits = {"type": "array", "items": edit}
    return {"type": "object", "properties": {"edits": edits}, "required": ["edits"], "additionalProperties": False}


def read_edits(content: str) -> list[Edit]:
    """The edits of a model's answer; raises ChatNonsenseError where it holds none of the asked shape, or too many."""
    try:
        answer = TypeAdapter(_Answer).validate_json(content)
    except ValidationError as error:
        message = f"its answer holds no edits of the asked shape ({error.error_count()} faults)"
        raise ChatNonsenseError(message) from None
    if len(answer.edits) > MOST_EDITS:
        message = f"its answer holds {len(answer.edits)} edits; at most {MOST_EDITS} are read"
        raise ChatNonsenseError(message)
    return [Edit(section=it.section, action=it.action, text=it.text, old=it.old, cites=it.cites, motive=it.motive) for it in answer.edits]
