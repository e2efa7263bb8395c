"""What a batch of conversations must be besides well-formed: a Great Expectations suite over its figures. The only Great Expectations.

The record's type has judged each value by itself. The suite judges values
against each other and against the instant of the check, and counts what a
source does not tell. It runs in memory: no files, no network, no progress bars.
"""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from lifecycle_core.conversations import CLOCK_SKEW, EARLIEST, Conversation, end_rule
from lifecycle_core.rollups import latency_s, tokens_of
from lifecycle_core.traffic.refusals import Refusal

if TYPE_CHECKING:
    import pandas as pd

LONGEST: Final = timedelta(days=31)
MOST_DOLLARS: Final = 10_000.0
MOST_DOLLARS_A_TOKEN: Final = 0.002
"""Three times the dearest list price there has been: past it the cost is in another unit, or the tokens are."""
FEES_DOLLARS: Final = 0.10
"""What a conversation may cost besides its tokens, such as calls of tools."""
WAITING_SLACK_S: Final = 60.0
WAITING_SHARE: Final = 1.05
SLOWEST_MEDIAN_S: Final = 300.0
"""Where half of the conversations are slower than this, response times are surely milliseconds."""

SLOW: Final = "half of the conversations have response times over {:,.0f} s; response_times_s are seconds"

FIGURES: Final = {
    "booked": "booked",
    "escalated": "escalated",
    "cost_usd": "cost_usd",
    "latency_s": "response_times_s",
    "tokens": "total_tokens",
}
"""The figures that a drift check uses, by their column, and the field that tells each."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What the suite found in a batch.

    refused : place in the batch -> why that conversation is not to be believed.
    untold : field -> how many of the others do not tell it.
    remarks : what is odd about the batch as a whole, a sentence each.
    """

    refused: Mapping[int, Refusal]
    untold: Mapping[str, int]
    remarks: Sequence[str]


@dataclass(frozen=True, slots=True)
class _Rule:
    """One expectation of each row, by its name and arguments; and what its failure means."""

    field: str
    value: str
    rule: str
    expectation: str
    arguments: Mapping[str, Any]

    @property
    def columns(self) -> Sequence[str]:
        return [value for name, value in self.arguments.items() if name.startswith("column")]


def _rules(at: datetime) -> list[_Rule]:
    latest = at + CLOCK_SKEW
    between, pair = "ExpectColumnValuesToBeBetween", "ExpectColumnPairValuesAToBeGreaterThanB"
    whole = {"or_equal": True, "ignore_row_if": "either_value_is_missing"}
    return [
        _Rule(
            "ended_at",
            "{it.ended_at:%Y-%m-%dT%H:%M:%SZ}",
            end_rule(at),
            between,
            {"column": "ended_s", "min_value": EARLIEST.timestamp(), "max_value": latest.timestamp()},
        ),
        _Rule(
            "started_at",
            "{it.started_at:%Y-%m-%dT%H:%M:%SZ}",
            f"it must lie within {LONGEST.days} days of ended_at; leave it out with --map started_at= if it is no start",
            between,
            {"column": "duration_s", "max_value": LONGEST.total_seconds()},
        ),
        _Rule(
            "response_times_s",
            "{row.response_s:,.1f} s together in a conversation of {row.duration_s:,.1f} s",
            "replies cannot take longer than the conversation; are they milliseconds?",
            pair,
            {"column_A": "waiting_s", "column_B": "response_s", **whole},
        ),
        _Rule(
            "cost_usd",
            "{it.cost_usd:,.2f}",
            f"a conversation must cost below {MOST_DOLLARS:,.0f} US dollars",
            between,
            {"column": "cost_usd", "max_value": MOST_DOLLARS, "strict_max": True},
        ),
        _Rule(
            "cost_usd",
            "{it.cost_usd:,.4f} for {row.tokens:,.0f} tokens",
            f"past {FEES_DOLLARS:.2f} a token must cost below {MOST_DOLLARS_A_TOKEN} US dollars; is the cost in another unit?",
            between,
            {"column": "cost_a_token", "max_value": MOST_DOLLARS_A_TOKEN, "strict_max": True},
        ),
        _Rule(
            "total_tokens",
            "{it.total_tokens:,} with {it.input_tokens:,} read and {it.output_tokens:,} written",
            "the total must be no less than either; are two fields swapped?",
            pair,
            {"column_A": "total_tokens", "column_B": "larger_tokens", **whole},
        ),
    ]


def check(batch: Sequence[Conversation], at: datetime) -> Findings:
    """Judge `batch` as of `at`; of an empty batch there is nothing to say."""
    if not batch:
        return Findings({}, dict.fromkeys(FIGURES.values(), 0), ())
    frame = _frame(batch)
    rules = [it for it in _rules(at) if frame[list(it.columns)].notna().all(axis=1).any()]
    broken, remarks = _validate(frame, rules)
    refused: dict[int, Refusal] = {}
    for rule, places in zip(rules, broken, strict=True):
        for place in places:
            value = rule.value.format(it=batch[place], row=frame.loc[place])
            refused.setdefault(place, Refusal(rule.field, value, rule.rule))
    left = frame.drop(index=list(refused))
    return Findings(refused, {field: int(left[column].isna().sum()) for column, field in FIGURES.items()}, remarks)


def validate(frame: "pd.DataFrame", expectations: Sequence[Any]) -> list[Any]:
    """What Great Expectations finds of each expectation over the frame, in their order; raises RuntimeError where it cannot ask one."""
    gx, batch_definition = _great_expectations()
    suite = gx.ExpectationSuite(name="suite")
    for place, it in enumerate(expectations):
        it.meta = {"rule": place}
        suite.add_expectation(it)
    validated = batch_definition.get_batch(batch_parameters={"dataframe": frame}).validate(suite, result_format="COMPLETE")
    found = {it.expectation_config.meta["rule"]: it for it in validated.results}
    for it in found.values():
        if it.exception_info.get("raised_exception", False):
            raise RuntimeError(it.exception_info["exception_message"])
    return [found[place] for place in range(len(expectations))]


def expectations() -> Any:  # noqa: ANN401 - the package's own module
    """Great Expectations' kinds of expectations; loading them takes seconds, once."""
    return _great_expectations()[0].expectations


def _frame(batch: Sequence[Conversation]) -> "pd.DataFrame":
    """The figures of `batch`, a row for each conversation, NaN where one is unknown."""
    import pandas as pd

    frame = pd.DataFrame(
        {
            "ended_s": [it.ended_at.timestamp() for it in batch],
            "duration_s": [None if it.started_at is None else (it.ended_at - it.started_at).total_seconds() for it in batch],
            "response_s": [sum(it.response_times_s) if it.response_times_s else None for it in batch],
            "latency_s": [latency_s(it) for it in batch],
            "booked": [it.booked for it in batch],
            "escalated": [it.escalated for it in batch],
            "cost_usd": [it.cost_usd for it in batch],
            "tokens": [tokens_of(it) for it in batch],
            "total_tokens": [it.total_tokens for it in batch],
            "input_tokens": [it.input_tokens for it in batch],
            "output_tokens": [it.output_tokens for it in batch],
        },
        dtype=float,
    )
    frame["waiting_s"] = frame.duration_s * WAITING_SHARE + WAITING_SLACK_S
    frame["cost_a_token"] = (frame.cost_usd - FEES_DOLLARS) / frame.tokens.where(frame.tokens > 0)
    frame["larger_tokens"] = frame[["input_tokens", "output_tokens"]].max(axis=1, skipna=False)
    return frame


def _validate(frame: "pd.DataFrame", rules: Sequence[_Rule]) -> tuple[list[list[int]], list[str]]:
    """The places that break each rule, and remarks on the whole. An expectation costs some ten milliseconds, however small the batch."""
    kinds = expectations()
    asked = [getattr(kinds, it.expectation)(**it.arguments) for it in rules]
    if frame.latency_s.notna().any():
        asked.append(kinds.ExpectColumnMedianToBeBetween(column="latency_s", max_value=SLOWEST_MEDIAN_S))
    found = validate(frame, asked)
    remarks = [SLOW.format(it.result["observed_value"]) for it in found[len(rules) :] if not it.success]
    return [it.result["unexpected_index_list"] for it in found[: len(rules)]], remarks


@cache
def _great_expectations() -> tuple[Any, Any]:
    """The package and a place for frames, in memory; loading it takes seconds, once."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # what the package itself still uses
        import great_expectations as gx
        from great_expectations.data_context.types.base import DataContextConfig, InMemoryStoreBackendDefaults, ProgressBarsConfig

        quiet = DataContextConfig(
            store_backend_defaults=InMemoryStoreBackendDefaults(init_temp_docs_sites=False),
            analytics_enabled=False,
            progress_bars=ProgressBarsConfig(globally=False, metric_calculations=False),
        )
        context = gx.get_context(mode="ephemeral", project_config=quiet)
    asset = context.data_sources.add_pandas("conversations").add_dataframe_asset("batch")
    return gx, asset.add_batch_definition_whole_dataframe("whole")
