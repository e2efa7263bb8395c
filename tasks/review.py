"""What a person is shown who decides on a candidate: the verdict, the diff, and conversations of both versions side by side."""

from dataclasses import dataclass, replace

from lifecycle_core.operations import arms
from lifecycle_core.operations.arms import Arms, Basis
from lifecycle_core.replay.episode import Replay, Scenario
from lifecycle_core.retraining.fingerprint import SHOWN
from lifecycle_core.retraining.pairs import Pair, most_apart
from lifecycle_core.retraining.report import ending
from lifecycle_core.retraining.report.blocks import Change
from lifecycle_core.versions.diff import diff
from lifecycle_core.versions.version import Version
from tasks import context
from tasks.links import where
from tasks.markdown import FORM, SIMULATED, body, literal, written
from tasks.replays import FIRST_IN_SHADOW, Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page in Markdown, and the fingerprint of the evidence on it."""

    text: str
    evidence_hash: str


def shown(session_id: str) -> Basis:
    """What a decision rests on: of its pairs the policy's number (10), those first in which the versions differ most.

    What was said is read from kept replies, at no cost. Raises UnknownSessionError.
    """
    found = arms.basis(context.database(), session_id)
    most = most_apart(found.pairs, found.arms.session.policy.retraining.review_pairs)
    return replace(found, pairs=tuple(_with_words(found.arms, it) for it in most))


def review_page(session_id: str) -> Page:
    """The same in Markdown, for Prefect's form: verdict, number of samples and link first, then the diff, then the pairs."""
    basis = shown(session_id)
    both, it = basis.arms, basis.arms.session
    parts, found = [], it.shadow_analysis
    if found is not None:
        said = f"**{ending.words(found.verdict)}** after **{found.n}** samples"
        parts.append(f"{said}: {literal(it.variant)} · {literal(it.session_id)} · {where(it)}")
        parts.append("\n".join(f"- {literal(doubt)}" for doubt in found.doubts))
        parts.append(f"{literal(found.note)}{f' {SIMULATED}' if found.simulated else ''}")
        parts.append(f"Your answer is to evidence `{basis.evidence_hash[:SHOWN]}`, and to no other.")
    if both.candidate is not None:
        parts.append(written(Change(diff(both.incumbent, both.candidate)), FORM))
    if found is not None:
        parts += [written(it, FORM) for it in (ending.evidence_table(found), ending.gates_table(found))]
    pairs = ending.pairs(it, basis.pairs)
    parts.append(body(pairs, FORM) if pairs is not None else "No conversations are kept of it.")
    return Page(text="\n\n".join(filter(None, parts)), evidence_hash=basis.evidence_hash)


def _with_words(both: Arms, it: Pair) -> Pair:
    stage = Stage.kept(both.session.session_id)
    incumbent, candidate = (_first(stage, version, it.scenario) if version else None for version in (both.incumbent, both.candidate))
    return replace(it, incumbent=incumbent, candidate=candidate)


def _first(stage: Stage, version: Version, scenario: Scenario) -> Replay | None:
    [replay] = stage.serve(version, scenario, [FIRST_IN_SHADOW])
    return replay if replay.broken_by is None else None
