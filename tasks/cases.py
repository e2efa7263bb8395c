"""A variant's cases: mined of its failures, run by any of its versions, and how its tools are stood in for."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from threading import Lock

from lifecycle_core.chat import Chat, ChatError, ChatReply, ChatRequest, ChatUnavailableError
from lifecycle_core.errors import UnknownCaseError
from lifecycle_core.operations import cases, policies, versions_asked
from lifecycle_core.replay.episode import Replay
from lifecycle_core.replay.toolbox import Toolbox
from lifecycle_core.retraining.built_in_cases import built_in
from lifecycle_core.retraining.case_runs import RunReport, run_report
from lifecycle_core.retraining.cases import Case, Split, cases_of
from lifecycle_core.retraining.evaluation import EvaluationReport, evaluate
from lifecycle_core.retraining.failures import analyze
from lifecycle_core.retraining.written_cases import WrittenCase
from lifecycle_core.simulation import scripted_model
from lifecycle_core.spending import Budget, Price, Spent, reserved
from lifecycle_core.versions.version import Version
from tasks import context, llm
from tasks.evaluation import Asked, expect_acts, lately, serve
from tasks.replays import INFRASTRUCTURE, Stage, address_of, as_they_come, model, together
from tasks.training import learnt


@dataclass(frozen=True, slots=True)
class Mined:
    """Cases of failures, masked, and the conversation behind each: name -> its id."""

    cases: list[WrittenCase]
    conversations: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What a run came to: the version's own report, and beside it the comparison with another version, where one was asked for."""

    report: RunReport
    compared: EvaluationReport | None
    spent: Spent


def mined(variant: str, at: datetime, count: int) -> Mined:
    """Up to `count` cases of the variant's newest failures before `at`, of goals that nothing is tuned on.

    Raises what `tasks.training.learnt` raises.
    """
    found = learnt(variant, at).data.conversations
    failed = [it for it in cases_of(found, analyze(found), Split.HELD_OUT, len(found)) if it.failed][:count]
    names = {f"mined-{hashlib.sha256(it.id.encode()).hexdigest()[:12]}": it for it in failed}
    return Mined([WrittenCase(name=name, goal=it.scenario.goal) for name, it in names.items()], {name: it.id for name, it in names.items()})


def tools(variant: str, version: int | None) -> Toolbox:
    """What stands in for the tools of a version, of the active one where none is named."""
    return _agent_stage(variant).agent(_version(variant, version)).toolbox


def everybodys(variant: str) -> list[Case]:
    """The built-in cases, in the words of the newest version's services; raises UnknownVariantError."""
    newest = versions_asked.history(context.database(), variant, 1).versions
    return list(built_in(variant, _agent_stage(variant).agent(newest[0]).toolbox.services if newest else ()))


def all_of(variant: str, toolbox: Toolbox) -> list[Case]:
    """The variant's own cases, then the built-in ones in the words of its tools; raises UnknownVariantError."""
    own = [it.to_serve(variant) for it in cases.list_cases(context.database(), variant)]
    return [*own, *built_in(variant, toolbox.services)]


def run(
    variant: str, version: int | None, *, against: int | None = None, runs: int = 2, names: Sequence[str] = (), fresh: bool = False
) -> Ran:
    """Serve cases by a version, the active one where none is named, and grade them.

    against : another version that serves them too; names : only these; fresh : also what was served lately.

    Raises BudgetSpentError past what a session of the variant may spend, UnknownCaseError, SetupError where the policy wants the agent's
    own service and none is configured, and ChatUnavailableError where nothing could be served.
    """
    account = _Account(_budget(variant))
    stage = _agent_stage(variant, account)
    ours = _version(variant, version)
    toolbox = stage.agent(ours).toolbox
    wanted = _named(all_of(variant, toolbox), names, variant)
    sides = [ours, *([_version(variant, against)] if against is not None else [])]
    asked = [Asked(side, case, number) for side in sides for case in wanted for number in range(runs)]
    had = {} if fresh else lately(stage, asked)
    found, lost = _served(stage, variant, asked, had)
    expect_acts(stage, [it for replays in found[ours.version].values() for it in replays])
    report = run_report(wanted, found[ours.version], variant=variant, version=ours.version, services=toolbox.services)
    reused = sum(asked[place].version is ours for place in had)
    report = replace(report, reused=reused, lost=lost, missing_tools=toolbox.missing)
    needed = policies.policy(context.database(), variant).retraining.min_evaluation_score
    compared = evaluate(wanted, found[ours.version], found[against], needed, toolbox.services) if against is not None else None
    return Ran(report=report, compared=compared, spent=account.spent)


def known(variant: str, version: int | None, at: datetime, runs: int = 2) -> RunReport:
    """What is known of a version's cases from what was served within a week before `at`; no model is asked."""
    stage, ours = _agent_stage(variant), _version(variant, version)
    toolbox = stage.agent(ours).toolbox
    wanted = all_of(variant, toolbox)
    asked = [Asked(ours, case, number) for case in wanted for number in range(runs)]
    found: dict[str, list[Replay]] = {}
    for place, replay in lately(stage, asked, at).items():
        found.setdefault(asked[place].case.id, []).append(replay)
    report = run_report(wanted, found, variant=variant, version=ours.version, services=toolbox.services)
    return replace(report, reused=sum(map(len, found.values())), missing_tools=toolbox.missing)


@dataclass
class _Account:
    """Models that are asked outside of a session, within what a session may spend; what was spent is told."""

    budget: Budget
    spent: Spent = field(default_factory=Spent)
    _one_at_a_time: Lock = field(default_factory=Lock)

    def metered(self, chat: Chat) -> Chat:
        """The same models, on this account."""

        def ask(request: ChatRequest, /) -> ChatReply:
            amount = reserved(request, _price(request))
            with self._one_at_a_time:
                self.budget.admit(self.spent, amount)
                self.spent += amount
            took = Spent(calls=amount.calls)
            try:
                reply = chat(request)
                took = Spent.by(reply)
            except ChatError as error:
                took = Spent.lost(error)
                raise
            finally:
                with self._one_at_a_time:
                    self.spent = Spent(
                        calls=self.spent.calls - amount.calls + took.calls,
                        tokens=self.spent.tokens - amount.tokens + took.tokens,
                        usd=self.spent.usd - amount.usd + took.usd,
                    )
            return reply

        return ask


def _served(stage: Stage, variant: str, asked: Sequence[Asked], had: dict[int, Replay]) -> tuple[dict[int, dict[str, list[Replay]]], int]:
    """Version -> case -> its replays; and how many the infrastructure took. Raises ChatUnavailableError where it took all."""
    found: dict[int, dict[str, list[Replay]]] = {it.version.version: {} for it in asked}
    made = [(asked[place], replay) for place, replay in had.items()]
    left = [one for place, one in enumerate(asked) if place not in had]
    for came in as_they_come(lambda one: (one, serve(stage, variant, one)), left):
        made += came
    for one, replay in sorted(made, key=lambda it: it[0].number):
        if replay.broken_by != INFRASTRUCTURE:
            found[one.version.version].setdefault(one.case.id, []).append(replay)
    lost = sum(replay.broken_by == INFRASTRUCTURE for _, replay in made)
    if lost == len(asked):
        message = f"none of {lost} replays found a model; see that it can be reached"
        raise ChatUnavailableError(message)
    return found, lost


def _agent_stage(variant: str, account: _Account | None = None) -> Stage:
    """Where a version's cases are served; without an account nobody is asked, and without a model the scripted one, which says so."""
    address = address_of(policies.policy(context.database(), variant).retraining)
    if account is None:
        return Stage(_nobody, model(), address)
    return Stage(account.metered(together(llm.chat() or scripted_model.reply, address)), model(), address)


def _nobody(_request: ChatRequest, /) -> ChatReply:
    message = "no model is asked here"
    raise ChatUnavailableError(message)


def _version(variant: str, version: int | None) -> Version:
    if version is None:
        return versions_asked.active(context.database(), variant)
    return versions_asked.version(context.database(), variant, version)[0]


def _named(found: list[Case], names: Sequence[str], variant: str) -> list[Case]:
    unknown = sorted(set(names) - {it.id for it in found})
    if unknown:
        message = f"variant {variant!r} has no case {', '.join(unknown)[:200]}; lifecycle cases list names them"
        raise UnknownCaseError(message, field="name")
    return [it for it in found if not names or it.id in names]


def _budget(variant: str) -> Budget:
    rules = policies.policy(context.database(), variant).retraining
    return Budget(calls=rules.budget_calls, tokens=rules.budget_tokens, usd=rules.budget_usd)


def _price(request: ChatRequest) -> Price | None:
    return llm.prices().by_model.get(request.model)
