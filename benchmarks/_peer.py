"""One check by another library, timed: run by its path in an environment that holds the library and not this project.

Called with the library's name, an `.npz` of columns, and how often to repeat. The last line printed is JSON: its version, the
seconds of each repetition on rows as an application holds them, on rows whose labels were made categories beforehand, and how
many columns it says drift.
"""

import json
import sys
import warnings
from collections.abc import Callable
from importlib.metadata import version
from time import perf_counter

import numpy as np
import pandas as pd

NUMBERS = ("cost_usd", "latency_s")
CATEGORIES = ("booked", "escalated", "action")
"""The five metrics, as the libraries look at them: by their columns."""


def evidently(before: pd.DataFrame, after: pd.DataFrame) -> Callable[[], int]:
    """Its preset for drift of data, with the test that it chooses for each column."""
    from evidently import DataDefinition, Dataset, Report  # type: ignore[import-not-found]
    from evidently.presets import DataDriftPreset  # type: ignore[import-not-found]

    kinds = DataDefinition(numerical_columns=list(NUMBERS), categorical_columns=list(CATEGORIES))
    reference, current = (Dataset.from_pandas(it, data_definition=kinds) for it in (before, after))

    def check() -> int:
        told = Report([DataDriftPreset()]).run(current, reference).dict()
        return int(told["metrics"][0]["value"]["count"])

    return check


def nannyml(before: pd.DataFrame, after: pd.DataFrame) -> Callable[[], int]:
    """Its drift of single columns, by Kolmogorov and Smirnov and by χ², the later rows as one chunk."""
    import nannyml as nml  # type: ignore[import-not-found]

    def check() -> int:
        calculator = nml.UnivariateDriftCalculator(
            column_names=[*NUMBERS, *CATEGORIES],
            treat_as_categorical=list(CATEGORIES),
            continuous_methods=["kolmogorov_smirnov"],
            categorical_methods=["chi2"],
            chunk_number=1,
        )
        told = calculator.fit(before).calculate(after).filter(period="analysis").to_df()
        return int(sum(told[column].any() for column in told.columns if column[-1] == "alert"))

    return check


def main(library: str, path: str, repeats: str) -> None:
    """Time the library's check of the later rows against the earlier ones."""
    warnings.simplefilter("ignore")
    with np.load(path) as columns:
        rows = pd.DataFrame({name: columns[name] for name in (*NUMBERS, *CATEGORIES)})
        later = columns["later"]
    rows["action"] = rows["action"].astype(object)
    told: dict[str, object] = {"version": version(library)}
    for form, frame in (("rows", rows), ("categories", rows.astype(dict.fromkeys(CATEGORIES, "category")))):
        check = {"evidently": evidently, "nannyml": nannyml}[library](frame[~later], frame[later])
        told["drifting"] = check()
        told[form] = [_seconds(check) for _ in range(int(repeats))]
    print(json.dumps(told))


def _seconds(check: Callable[[], int]) -> float:
    start = perf_counter()
    check()
    return perf_counter() - start


if __name__ == "__main__":
    main(*sys.argv[1:])
