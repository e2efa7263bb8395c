"""An endpoint that fails at each thing a retraining asks it for: what the step does, what it costs, and whether anything is paid twice.

The real flow, tasks and `openai` client, in a process of its own for each case, against the scripted endpoint behind one that fails.
The fault befalls every request of one kind (reading conversations, writing a prompt, serving customers) from the beginning. Where a
step raises, as Prefect would see it, the fault ends and the flow is run again, as Prefect's retry does. A time-out is 1 s; the client
asks twice.

paid twice : requests that the endpoint behind has answered more than once, to the letter. wasted : requests that met the fault.
"""

import json
import os
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from benchmarks._driven import CHOSEN, VARIANT, Driven, SuspendedError, in_a_child, load, scripted, seeded, visits
from benchmarks._faulty import FAULTS, KINDS, SERVING, Faulty, faulty
from benchmarks.steps import OPTIONS, QUICK
from lifecycle_core.errors import LifecycleError
from lifecycle_core.operations import promotion, retraining, spending
from lifecycle_core.operations.database import verify
from lifecycle_core.retraining.session import Answer
from lifecycle_core.simulation import prompts
from lifecycle_core.simulation.customers import DRIFTED

MOST_RUNS: Final = 6


def run(faults: str = ",".join(FAULTS), kinds: str = f"{','.join(KINDS)},{SERVING}") -> dict[str, object]:
    """Let each of `faults` befall each of `kinds`."""
    load()
    os.environ |= {"LIFECYCLE_MODEL_TIMEOUT_SECONDS": "1", "LIFECYCLE_MODEL_RETRIES": "1"}
    with TemporaryDirectory() as place, scripted() as behind:
        root = Path(place)
        start = root / "start"
        start.mkdir()
        seeded(start, prompts.GAP, visits(DRIFTED, prompts.GAP, 3, per_day=80), days=4, policy=QUICK)
        plain = _case(root, behind, "none", SERVING)
        figures = f"{'wasted':>8}{'calls':>7}{'paid twice':>12}{'$':>8}{'s':>6}"
        print(f"{'fault':<12}{'befalls':<10}{'first run':<34}{'runs':>5}{'ended':>14}{figures}")
        told = [plain]
        print(_line(plain), flush=True)
        for kind in kinds.split(","):
            for fault in faults.split(","):
                told.append(_case(root, behind, fault, kind))
                print(_line(told[-1]), flush=True)
    cases = told[1:]
    return {
        "cases": len(cases),
        "paid_twice": sum(it["paid_twice"] for it in told),
        "ended": sum(it["ended"] not in {"open", "broken"} for it in cases),
        "as_without_a_fault": sum(it["ended"] == plain["ended"] for it in cases),
        "problems": sum(it["problems"] for it in cases),
        "seconds": round(sum(it["seconds"] for it in told), 1),
        "of_each": {f"{it['fault']} {it['kind']}": [it["first"], it["runs"], it["ended"]] for it in cases},
    }


def _case(root: Path, behind: str, fault: str, kind: str) -> dict[str, Any]:
    folder, out, began = root / f"{fault} {kind}", root / "told.json", time.perf_counter()
    shutil.copytree(root / "start", folder)

    def played() -> Mapping[str, object]:
        with faulty(behind) as it:
            it.fails = None if fault == "none" else (fault, kind)
            return _played(folder, it)

    status = in_a_child(played, out)
    none = dict.fromkeys(("wasted", "calls", "paid_twice"), 0)
    empty = {"first": "its process ended", "runs": 1, "ended": "broken", "usd": 0.0, "problems": 1, **none}
    told: dict[str, Any] = empty if status else json.loads(out.read_text())
    shutil.rmtree(folder)
    return {"fault": fault, "kind": kind, **told, "seconds": time.perf_counter() - began}


def _played(folder: Path, endpoint: Faulty) -> Mapping[str, object]:
    driven = Driven(folder, endpoint.base_url, CHOSEN)
    it = retraining.begin(driven.database, driven.act, VARIANT, "benchmark", OPTIONS)
    firsts: list[str] = []
    raised = 0
    while it.open and raised < MOST_RUNS:
        try:
            driven.run(it.session_id)
        except SuspendedError as wait:
            if wait.for_a_person:
                promotion.record_decision(driven.database, driven.act, it.session_id, Answer.PROMOTE, "seen")
            else:
                raised += _served(driven, it.session_id, endpoint, firsts)
        except LifecycleError as error:
            firsts.append(f"raises {type(error).__name__}")
            endpoint.fails = None
            raised += 1
        it = retraining.session(driven.database, it.session_id)
    spent = spending.spent(driven.database, it.session_id)
    return {
        "first": firsts[0] if firsts else "goes on",
        "runs": 1 + raised,
        "ended": "open" if it.open else str(it.status),
        "wasted": endpoint.failed,
        "calls": spent.calls,
        "paid_twice": endpoint.paid_twice,
        "usd": spent.usd,
        "problems": len(verify(driven.database).problems),
    }


def _served(driven: Driven, session_id: str, endpoint: Faulty, firsts: list[str]) -> int:
    """Serve goals once: -> whether that raised."""
    try:
        driven.serve(session_id)
    except LifecycleError as error:
        firsts.append(f"raises {type(error).__name__}")
        endpoint.fails = None
        return 1
    return 0


def _line(it: Mapping[str, Any]) -> str:
    words = f"{it['fault']:<12}{it['kind']:<10}{it['first']:<34}{it['runs']:>5}{it['ended']:>14}"
    return f"{words}{it['wasted']:>8}{it['calls']:>7}{it['paid_twice']:>12}{it['usd']:>8.3f}{it['seconds']:>6.0f}"
