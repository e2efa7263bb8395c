"""The engine `gepa`: which prompt is edited next, and which stays, by the library of that name; all else of a search is ours.

Source: Agrawal et al., GEPA: Reflective Prompt Evolution Can Outperform Reinforcement Learning, arXiv:2507.19457 (2025).

1. The library goes on where a step fails, whatever failed, so a failure ends the search here and is raised when it has ended.
2. Its checkpoint is a pickle and is not used: a search that is done again, by the same seed, finds every reply and conversation kept.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from lifecycle_core.errors import SetupError
from lifecycle_core.retraining.cases import Case
from lifecycle_core.retraining.errors import RetrainingRefusedError
from lifecycle_core.retraining.evaluation import Grade
from lifecycle_core.retraining.improvement import PromptImprovement
from lifecycle_core.retraining.search import MINIBATCH, Search, Shown, fewest_rollouts

if TYPE_CHECKING:
    from gepa.core.adapter import EvaluationBatch
    from gepa.core.result import GEPAResult

Serve = Callable[[str, Sequence[Case]], list[Grade]]
"""Serves each case with a prompt, and grades it."""
PROMPT: Final = "prompt"

log = logging.getLogger(__name__)


def expect_installed() -> None:
    """Raise SetupError where the library is not installed."""
    try:
        import gepa  # noqa: F401
    except ImportError:
        message = 'the engine gepa needs the package gepa; install it with `pip install "agent-lifecycle[gepa]"`, or choose builtin'
        raise SetupError(message) from None


def searched(search: Search, serve: Serve, *, train: Sequence[Case], select: Sequence[Case], rollouts: int) -> PromptImprovement:
    """What a search comes to that serves `rollouts` conversations at most: `train` shows what is wrong, `select` chooses.

    The last step may end past that, by its cases. Raises SetupError where the library is not installed, RetrainingRefusedError where
    there are too few cases or too few rollouts for a search, and what serving and the model raise.
    """
    expect_installed()
    from gepa.api import optimize

    if not search.issues:
        return search.ended({search.gates.incumbent: 0.0})
    if not (train and select) or rollouts < fewest_rollouts(len(select)):
        told = f"{len(train)} cases to learn from, {len(select)} to choose by and {rollouts:,} rollouts (retraining.searchRollouts)"
        needed = f"a search over {max(len(select), 1)} needs {fewest_rollouts(max(len(select), 1)):,}, and a case of each kind"
        message = f"{told} are no search: {needed}; allow more, or choose the engine builtin, which makes single edits"
        raise RetrainingRefusedError(message)
    adapter = _Adapter(search, serve)
    found: GEPAResult[None, int] = optimize(
        seed_candidate={PROMPT: search.gates.incumbent},
        trainset=list(train),
        valset=list(select),
        adapter=adapter,  # type: ignore[arg-type]  # a protocol whose optional members have to be there
        reflection_minibatch_size=MINIBATCH,
        max_metric_calls=rollouts,
        stop_callbacks=lambda _: search.failure is not None,
        logger=_Quiet(),
        seed=search.seed,
        raise_on_exception=True,
    )
    if search.failure is not None:
        raise search.failure
    prompts = [it[PROMPT] for it in found.candidates]
    return search.ended(dict(zip(prompts, found.val_aggregate_scores, strict=True)))


@dataclass(frozen=True, slots=True)
class _Trace:
    """A case as it was served."""

    case: Case
    grade: Grade


class _Adapter:
    """What the library asks of whoever uses it."""

    batch_evaluate = None

    def __init__(self, search: Search, serve: Serve) -> None:
        self._search, self._serve = search, serve

    def evaluate(
        self,
        batch: list[Case],
        candidate: dict[str, str],
        capture_traces: bool = False,  # noqa: FBT001, FBT002 - the library's own
    ) -> "EvaluationBatch[_Trace, None]":
        """Serve a batch with a prompt."""
        from gepa.core.adapter import EvaluationBatch

        grades = self._serve(candidate[PROMPT], batch)
        traces = [_Trace(case, grade) for case, grade in zip(batch, grades, strict=True)]
        return EvaluationBatch(
            outputs=[None] * len(batch), scores=[it.score for it in grades], trajectories=traces if capture_traces else None
        )

    def make_reflective_dataset(
        self, candidate: dict[str, str], eval_batch: "EvaluationBatch[_Trace, None]", components_to_update: list[str]
    ) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        """Tell the cases of a batch that failed anything: the issues behind them and the assertions, no word of a conversation."""
        del candidate, components_to_update
        failed = [it for it in eval_batch.trajectories or () if it.grade.failed]
        return {PROMPT: [{"issue": it.case.issue, "failed": it.grade.failed} for it in failed]}

    def propose_new_texts(
        self, candidate: dict[str, str], reflective_dataset: Mapping[str, Sequence[Mapping[str, Any]]], components_to_update: list[str]
    ) -> dict[str, str]:
        """Edit a prompt; a failure ends the search, since the library would go on with the next step."""
        del components_to_update
        try:
            return {PROMPT: self._search.revise(candidate[PROMPT], [Shown(**it) for it in reflective_dataset[PROMPT]])}
        except Exception as error:  # noqa: BLE001 - raised again when the library has ended
            self._search.failure = error
            return dict(candidate)


class _Quiet:
    """Where the library's lines go: they tell prompts."""

    def log(self, message: str) -> None:
        """Keep the first line, for whoever debugs."""
        log.debug("gepa: %s", message.partition("\n")[0])
