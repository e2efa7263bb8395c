"""The API held to its own document by Schemathesis: by every rule of the schemas, at random and in chains, with an admin's key.

A failure is an answer that the document does not tell of (its status, type, headers or shape), an error of the server, bad data that
was taken, a method that is not there and answers, or a request that needs a key and is served without one.
"""

import logging
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from benchmarks._api import Api
from benchmarks._sessions import in_shadow_test, ready
from deployments.supervisor.ports import free_port
from lifecycle_core.access import Role, Secret
from lifecycle_core.operations import keys
from lifecycle_core.operations.database import upgrade
from lifecycle_core.provenance import Provenance
from lifecycle_core.store.database import Database

if TYPE_CHECKING:
    from schemathesis.engine.recorder import Interaction, ScenarioRecorder
    from schemathesis.generation.case import Case

CHECKS: Final = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "missing_required_header",
    "unsupported_method",
    "ignored_auth",
    "use_after_free",
)
MOST_TOLD: Final = 20
_DONE: Final = range(200, 300)
_OWN: Final = "attacker"
_SECRET: Final = Secret.made(bytes(range(32)))


def run(examples: int = 100, seed: int = 1) -> dict[str, object]:
    """Ask each operation so many times at random, beside every case that its schema has, and go along so many chains."""
    found, failures = attacked(examples, seed)
    for it in failures[:MOST_TOLD]:
        print(it)
    print(f"{found['operations']} operations, {found['cases']:,} cases ({found['by_phase']}), {found['failures']} failures")
    return found


def attacked(examples: int, seed: int) -> tuple[dict[str, Any], list[str]]:
    """What was asked and failed, in figures, and each failure in words."""
    with TemporaryDirectory() as place:
        folder = Path(place)
        _prepare(folder)
        api = Api(folder, LIFECYCLE_RATE_LIMIT="none", LIFECYCLE_PREFECT_PORT=str(free_port()))
        try:
            return _attack(api.start().url, examples, seed)
        finally:
            api.kill()


def _prepare(folder: Path) -> None:
    """A variant that may be retrained, one in a shadow test, one that waits for a person's answer, and the key that asks."""
    database = Database(f"sqlite:///{folder}/lifecycle.db")
    act = Provenance("benchmark", datetime.now(UTC).replace(microsecond=0))
    upgrade(database)
    ready(database, act)
    in_shadow_test(database, act, "tested")
    keys.create(database, act, _OWN, roles=[Role.ADMIN], secret=_SECRET)
    database.close()


def _attack(url: str, examples: int, seed: int) -> tuple[dict[str, Any], list[str]]:
    import schemathesis
    from schemathesis.config import SchemathesisConfig
    from schemathesis.engine import from_schema
    from schemathesis.engine.events import NonFatalError, ScenarioFinished

    logging.getLogger("urllib3").setLevel(logging.ERROR)
    config = SchemathesisConfig.from_dict(_configuration(url, examples, seed))
    schema = schemathesis.openapi.from_url(f"{url}/openapi.json", config=config)
    schemathesis.hook("before_call")(_spare_own_key)
    phases: Counter[str] = Counter()
    asked: Counter[str] = Counter()
    answered: Counter[str] = Counter()
    made: Counter[str] = Counter()
    statuses: Counter[int] = Counter()
    failures: list[str] = []
    for event in from_schema(schema).execute():
        if isinstance(event, NonFatalError):
            failures.append(f"{event.label}: {event.value}")
        elif isinstance(event, ScenarioFinished):
            answers = event.recorder.interactions
            phases[event.phase.value] += len(answers)
            statuses.update(it.response.status_code for it in answers.values() if it.response is not None)
            for name, node in event.recorder.cases.items():
                asked[node.value.operation.label] += 1
                answered[node.value.operation.label] += _done(answers.get(name))
            made.update(it.name for checks in event.recorder.checks.values() for it in checks)
            failures += _failures(event.recorder)
    told = list(dict.fromkeys(failures))
    measured: dict[str, Any] = {
        "operations": len(asked),
        "cases": sum(phases.values()),
        "failures": len(told),
        "without_success": sorted(it for it in asked if not answered[it]),
        "by_phase": dict(phases),
        "by_status": {str(status): count for status, count in sorted(statuses.items())},
        "checks": dict(made),
    }
    return measured, told


def _spare_own_key(context: object, case: "Case[Any]", kwargs: object) -> None:  # noqa: ARG001 - the names of a hook
    """The key that asks is told among all others, and is not to be revoked by what asks with it."""
    if isinstance(case.body, dict) and case.body.get("name") in (_OWN, _SECRET.id):
        case.body = {**case.body, "name": "another"}


def _configuration(url: str, examples: int, seed: int) -> dict[str, Any]:
    return {
        "base-url": url,
        "seed": seed,
        "headers": {"Authorization": f"Bearer {_SECRET.text}"},
        "continue-on-failure": True,
        "request-timeout": 60,
        "generation": {"max-examples": examples, "database": "none", "deterministic": False, "no-shrink": True},
        "checks": {"enabled": False, **{name: {"enabled": True} for name in CHECKS}},
        "phases": {"stateful": {"max-steps": 6}},
    }


def _done(answer: "Interaction | None") -> bool:
    return answer is not None and answer.response is not None and answer.response.status_code in _DONE


def _failures(recorder: "ScenarioRecorder") -> Iterator[str]:
    for checks in recorder.checks.values():
        for it in checks:
            if it.failure_info is not None:
                failure = it.failure_info.failure
                yield f"{recorder.label}: {it.name}: {failure.title}: {failure.message}\n  {it.failure_info.code_sample}"
