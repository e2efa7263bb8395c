"""Step 5 by the engine of a session: candidates for a better prompt, and the one that serves best on the cases that select."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from lifecycle_core.chat import ChatUnavailableError
from lifecycle_core.conversations import Conversation
from lifecycle_core.policy import Engine
from lifecycle_core.replay.agent import Agent
from lifecycle_core.retraining.cases import Case, Split, cases_of
from lifecycle_core.retraining.evaluation import Grade, grade
from lifecycle_core.retraining.failures import FailureAnalysis, Issue
from lifecycle_core.retraining.improvement import PromptImprovement
from lifecycle_core.retraining.prompt_gates import PromptGates
from lifecycle_core.retraining.proposals import by_model, by_rules, choose
from lifecycle_core.retraining.search import Search
from lifecycle_core.retraining.session import Session
from lifecycle_core.retraining.training_data import split_by_goal
from lifecycle_core.versions.version import Version
from tasks import secrets
from tasks.metered import Metered
from tasks.replays import INFRASTRUCTURE, Stage, as_they_come, model, simulated
from tasks.search import expect_installed, searched

SHOWN_PER_CASE: Final = 2
"""A search learns from so many cases for each that selects."""


def expect_engine(it: Session) -> None:
    """Raise SetupError where the session's engine is not installed, before anything is paid for it."""
    if _engine(it) is Engine.GEPA:
        expect_installed()


def improved(it: Session, incumbent: Version, conversations: Sequence[Conversation], analysis: FailureAnalysis) -> PromptImprovement:
    """What the session's engine makes of the incumbent's prompt, with quotes of what is to be learnt from alone."""
    issues = _to_learn_from(analysis.common_issues, conversations)
    tools = [tool.name for tool in Agent.of(incumbent, model()).tools]
    gates = PromptGates.of(incumbent.system_prompt, [str(one.issue) for one in issues], tools, conversations)
    cases = cases_of(conversations, analysis, Split.SELECT, it.policy.retraining.evaluation_cases)
    serving = _Serving(it, incumbent)
    engine = _engine(it)
    if engine is Engine.RULES:
        return serving.choose(by_rules(issues, gates), cases)
    chat, marker = Metered.of(it.session_id), secrets.marker(it.session_id)
    if engine is Engine.BUILTIN:
        return serving.choose(by_model(issues, gates, chat=chat, model=model(), marker=marker, seed=it.seed), cases)
    return searched(
        Search.of(issues, gates, chat=chat, model=model(), marker=marker, seed=it.seed),
        serving.grades,
        train=cases_of(conversations, analysis, Split.TRAIN, SHOWN_PER_CASE * len(cases)),
        select=cases,
        rollouts=it.policy.retraining.search_rollouts,
    )


def _engine(it: Session) -> Engine:
    """What writes: as asked for; where nobody asked and no model was chosen, rules."""
    return it.options.engine or (Engine.RULES if simulated() else it.policy.retraining.engine)


def _to_learn_from(issues: Sequence[Issue], conversations: Sequence[Conversation]) -> list[Issue]:
    """The issues, without the quotes of conversations that are to choose by or to report on."""
    learnt = {it.id for it in conversations if split_by_goal(it) is Split.TRAIN}
    return [replace(it, quotes=tuple(quote for quote in it.quotes if quote.conversation_id in learnt)) for it in issues]


class _Serving:
    """Cases served by prompts, each once, on the account of a session."""

    def __init__(self, it: Session, incumbent: Version) -> None:
        self._stage, self._incumbent = Stage.of(it.session_id), incumbent

    def choose(self, found: PromptImprovement, cases: Sequence[Case]) -> PromptImprovement:
        """The candidate that serves the cases best, where there is more than one to choose from."""
        usable = [one for one in found.candidates if one.usable]
        if len(usable) < 2 or not cases:  # noqa: PLR2004 - a choice is between two
            return found
        grades = self._served([(one.prompt, case) for one in usable for case in cases])
        scores = [sum(it.score for it in grades[at : at + len(cases)]) / len(cases) for at in range(0, len(grades), len(cases))]
        return choose(found, {one.number: score for one, score in zip(usable, scores, strict=True)})

    def grades(self, prompt: str, cases: Sequence[Case]) -> list[Grade]:
        """How a prompt serves each case."""
        return self._served([(prompt, case) for case in cases])

    def _served(self, asked: Sequence[tuple[str, Case]]) -> list[Grade]:
        found = dict(one for came in as_they_come(self._graded, list(enumerate(asked))) for one in came)
        return [found[place] for place in range(len(asked))]

    def _graded(self, asked: tuple[int, tuple[str, Case]]) -> tuple[int, Grade]:
        place, (prompt, case) = asked
        [replay] = self._stage.serve(replace(self._incumbent, system_prompt=prompt), case.scenario, [0])
        if replay.broken_by == INFRASTRUCTURE:
            message = "a candidate's cases could not be served; see that the model can be reached"
            raise ChatUnavailableError(message)
        return place, grade(replay)
