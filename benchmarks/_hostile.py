"""What people who mean harm type, and a database in which it stands wherever a person may type."""

from dataclasses import replace
from datetime import timedelta

from benchmarks._sessions import EVALUATION, FAILURES, proved, ready, training_data
from benchmarks._worlds import acting
from lifecycle_core.conversations import Conversation, Message
from lifecycle_core.operations import alerts, policies, retraining, shadow, traffic, training, versions
from lifecycle_core.policy import Engine, Policy
from lifecycle_core.retraining.codes import Author, Code
from lifecycle_core.retraining.evaluation import CaseReport
from lifecycle_core.retraining.failures import FailureAnalysis, Issue, Other, Quote
from lifecycle_core.retraining.improvement import Candidate, PromptImprovement
from lifecycle_core.retraining.options import Options
from lifecycle_core.retraining.pairs import Pair
from lifecycle_core.retraining.phrases import Phrase
from lifecycle_core.retraining.prompt import Edit
from lifecycle_core.store.database import Database

_RUN = "(window.ran=window.ran||[]).push(1)"
_OPENERS = ("", "'>", '">', "</title>", "</textarea>", "</script>", "-->", "]]>", "{{7*7}}", "${7*7}")
_VECTORS = (
    f"<script>{_RUN}</script>",
    f"<img src=x onerror={_RUN}>",
    f"<svg onload={_RUN}>",
    f"<body onload={_RUN}>",
    f"<details open ontoggle={_RUN}>",
    f"<input autofocus onfocus={_RUN}>",
)
CORPUS = (
    *(f"{opener}{vector}" for opener in _OPENERS for vector in _VECTORS),
    f"javascript:{_RUN}",
    f"' onmouseover={_RUN} '",
    f'" autofocus onfocus="{_RUN}',
    f"<a href=javascript:{_RUN}>x</a>",
    f"<ScRiPt>{_RUN}</sCrIpT>",
    "=cmd|'/c calc'!A1",
    "<meta http-equiv=refresh content=0;url=//example.org>",
    "<base href=//example.org>",
)
_EVERY = "\n".join(CORPUS)


def hostile(database: Database) -> None:
    """A variant for each opener, with all of it in every field that people, models and customers fill."""
    for number, name in enumerate(CORPUS[:: len(_VECTORS)][: len(_OPENERS)]):
        act = acting(5)
        texts = CORPUS[number :: len(_OPENERS)]
        found = [
            Conversation(
                id=f"{text}{place}",
                variant=name,
                ended_at=act.at - timedelta(hours=place),
                booked=place % 2 == 0,
                actions=(text,),
                segments={"channel": text},
                goal=text,
                messages=(Message(role="user", content=text),),  # type: ignore[typeddict-item]
            )
            for text in texts
            for place in range(1, 10)
        ]
        traffic.ingest(database, act, found)
        for prompt in (_EVERY, f"{_EVERY} again"):
            versions.register(
                database, act, variant=name, system_prompt=prompt, model=name, metadata={"createdBy": name, "description": _EVERY[:900]}
            )
        for version in (1, 2):
            versions.activate(database, acting(4, why=texts[0]), name, version)
        versions.tag(database, acting(3, why=texts[1]), name, 1, texts[0][:100], texts[1])
        alerts.silence(database, acting(2), name, [], timedelta(hours=5), texts[2])
        policies.set_policy(database, acting(1, why=texts[3]), name, Policy(min_samples_for_comparison=20))


def retrained(database: Database, name: str = CORPUS[1]) -> str:
    """A retraining whose every field that people, models and customers fill holds all of it, waiting for a person: -> its session."""
    act = acting(8, why=CORPUS[0])
    ready(database, act, variant=name)
    options = Options(manual_review=True, reason=" ".join(CORPUS)[:500])
    it = retraining.begin(database, act, name, "k", options)
    training.keep_training_data(database, act, it.session_id, training_data(act))
    retraining.keep_failures(database, act, it.session_id, _failures())
    retraining.keep_improvement(database, act, it.session_id, _improvement())
    retraining.register_candidate(database, act, it.session_id)
    retraining.keep_evaluation(database, act, it.session_id, replace(EVALUATION, cases=_graded(), missing_tools=CORPUS))
    shadow.start_shadow(database, act, it.session_id)
    shadow.record_samples(database, acting(7), it.session_id, proved(act))
    shadow.keep_verdict(database, acting(6), it.session_id)
    return it.session_id


def _failures() -> FailureAnalysis:
    quotes = tuple(Quote(conversation_id=text, text=text) for text in CORPUS)
    issue = Issue(
        issue=Code.PRICING,
        author=Author.AGENT,
        count=9,
        share=0.36,
        lift=4.0,
        lift_low=2.0,
        lift_high=8.0,
        p=0.001,
        q=0.01,
        support=10,
        explained=4.5,
        signs=CORPUS,
        quotes=quotes,
        feedback=_EVERY,
        conversations=CORPUS,
    )
    phrases = tuple(Phrase(speaker=text, text=text, failures=5, successes=0, z=3.0, q=0.01) for text in CORPUS)
    return replace(FAILURES, common_issues=(issue,), other=Other(count=16, share=0.64, phrases=phrases), simulated=True)


def _improvement() -> PromptImprovement:
    edits = tuple(Edit(section=text, action="add", text=text, cites=text, motive=text) for text in CORPUS)
    used = Candidate(number=1, prompt=f"{_EVERY}\n{_EVERY}", edits=edits, score=0.9)
    left = Candidate(number=2, prompt=_EVERY, edits=edits, refusals=CORPUS)
    return PromptImprovement(
        engine=Engine.RULES, improvements=CORPUS, suggested_changes=CORPUS, candidates=(used, left), chosen=1, why=_EVERY
    )


def _graded() -> tuple[CaseReport, ...]:
    one = CaseReport(
        id="", goal="", failed_live=True, issue="", failed=CORPUS, score=0.9, incumbent_score=0.5, booked=1.0, incumbent_booked=0.5
    )
    return tuple(replace(one, id=text, goal=text, issue=text) for text in CORPUS)


def said(it: Pair) -> Pair:
    """A pair of conversations in which customers, agents and tools say all of it."""
    spoken: tuple[Message, ...] = tuple({"role": who, "content": text} for text in CORPUS for who in ("user", "assistant"))  # type: ignore[typeddict-item]
    told = replace(it.incumbent, messages=spoken, actions=CORPUS, errors=({"tool": _EVERY, "message": _EVERY},)) if it.incumbent else None
    return replace(it, scenario=replace(it.scenario, goal=_EVERY), incumbent=told, candidate=told)
