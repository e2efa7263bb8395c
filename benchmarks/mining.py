"""What is mined out of failures: on real conversations what counts, and by how much; how often a planted pattern is found.

Real: τ², τ and SGD, the trials of one task hanging together. The floor is the lift and the false-discovery level that every sign has to
pass; "price" words, which stand in failures and successes alike, must not pass it on τ².

Planted: each defect of a prompt (`_defects`), in traffic of which a third of the customers meets it, and traffic without any; mined from
the first 50, 200 and 500 conversations. Found is what counts at a false-discovery rate of 10%. A planted defect has consequences (who is
asked nothing gets what was not asked for), which are other codes; so precision is told of the leading issue, and of all that are found.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from benchmarks._defects import DEFECTS
from benchmarks._driven import START, visits
from benchmarks._real import conversations, missing
from lifecycle_core.conversations import Conversation
from lifecycle_core.privacy.masking import Masker
from lifecycle_core.retraining.codes import Author, Code
from lifecycle_core.retraining.failures import FailureAnalysis, analyze
from lifecycle_core.retraining.findings import Finding
from lifecycle_core.simulation import prompts
from lifecycle_core.simulation.customers import HEALTHY

SIZES: Final = (50, 200, 500)
RATE: Final = 0.10
NONE: Final = "nothing"
REAL: Final = ("tau2.jsonl.gz", "tau.jsonl.gz", "sgd/sgd.jsonl.gz")
_MASK: Final = Masker(b"a secret that is always the same")


def run(seeds: int = 6, first: int = 1) -> dict[str, object]:
    """So many seeds of each planted defect, and of none."""
    absent = missing(*REAL)
    print(absent or "real conversations: what counts")
    real = {} if absent else {name.rpartition("/")[2].partition(".")[0]: _real(name) for name in REAL}
    planted: dict[str, list[dict[int, FailureAnalysis]]] = {NONE: []}
    for seed in range(first, first + seeds):
        planted[NONE].append(_mined(visits(HEALTHY, prompts.MENDED, seed, per_day=250.0)(START, 72)))
        for code, defect in DEFECTS.items():
            planted.setdefault(str(code), []).append(_mined(visits(defect.mix, defect.prompt, seed, per_day=250.0)(START, 72)))
    measured = {size: _measured(planted, size) for size in SIZES}
    _show_matrix(planted, SIZES[-1])
    print(f"\n{'conversations':<16}{'recall':>8}{'named first':>13}{'precision of first':>20}{'of all':>8}{'found without a defect':>24}")
    for size, it in measured.items():
        first_two = f"{it['recall']:>8.2f}{it['named_first']:>13.2f}"
        print(f"{size:<16}{first_two}{it['precision_of_first']:>20.2f}{it['precision_of_all']:>8.2f}{it['found_without']:>24.2f}")
    sizes = {f"from_{size}": it for size, it in measured.items()}
    return {"real": real, "pricing_on_tau2": None if absent else Code.PRICING in real["tau2"], "seeds": seeds, **sizes}


def _real(name: str) -> Mapping[str, Sequence[float]]:
    """Code -> the lift of its leading sign with its interval, of those that count."""
    told = [replace(it, goal=f"task {it.segments['task']}") if "task" in it.segments else it for it in conversations(name)]
    found = analyze(told)
    print(f"{name}: {found.total_failures:,} failures, {found.total_successes:,} successes")
    for it in sorted((it for it in found.findings if it.counts), key=lambda it: -it.explained):
        evidence = f"lift {it.lift:.2f} ({it.lift_low:.2f} to {it.lift_high:.2f})  q {it.q:.4f}"
        print(f"  {it.name:<24}{it.code:<24}{it.count:>6} ({it.share:>4.0%})  {evidence}")
    return {str(it.issue): [round(it.lift, 2), round(it.lift_low, 2), round(it.lift_high, 2)] for it in found.common_issues}


def _mined(came: Sequence[Conversation]) -> dict[int, FailureAnalysis]:
    masked = [_MASK.conversation(it) for it in came[: SIZES[-1]]]
    return {size: analyze(masked[:size]) for size in SIZES}


def _found(it: FailureAnalysis) -> list[Code]:
    """The agent's faults that count at the rate, the one that explains most first."""
    passing = sorted((one for one in it.findings if one.author is Author.AGENT and _passes(one)), key=lambda one: -one.explained)
    return list(dict.fromkeys(one.code for one in passing))


def _passes(it: Finding) -> bool:
    return it.counts or (it.why_not.startswith("q is") and it.q <= RATE)


def _measured(planted: Mapping[str, Sequence[Mapping[int, FailureAnalysis]]], size: int) -> dict[str, float]:
    found = {name: [_found(it[size]) for it in runs] for name, runs in planted.items()}
    of = [(name, codes) for name, runs in found.items() if name != NONE for codes in runs]
    named = [codes[0] == name for name, codes in of if codes]
    total = sum(len(codes) for _, codes in of)
    return {
        "recall": round(sum(name in codes for name, codes in of) / len(of), 3),
        "named_first": round(sum(named) / len(of), 3),
        "precision_of_first": round(sum(named) / len(named), 3) if named else 0.0,
        "precision_of_all": round(sum(name in codes for name, codes in of) / total, 3) if total else 0.0,
        "found_without": round(sum(bool(codes) for codes in found[NONE]) / len(found[NONE]), 3),
    }


def _show_matrix(planted: Mapping[str, Sequence[Mapping[int, FailureAnalysis]]], size: int) -> None:
    """Planted -> what was named first, and how often each other was found beside it."""
    print(f"\nplanted, from {size} conversations: named first; also found")
    for name, runs in planted.items():
        firsts = Counter(str(codes[0]) if (codes := _found(it[size])) else NONE for it in runs)
        others = Counter(str(code) for it in runs for code in _found(it[size])[1:])
        told = ", ".join(f"{code} {count}" for code, count in firsts.most_common())
        print(f"  {name:<24}{told}{'; ' if others else ''}{', '.join(f'{code} {count}' for code, count in others.most_common())}")
