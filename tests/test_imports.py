"""A command's help, and the emergency rollback, must not pay for what they do not use."""

import subprocess
import sys

import pytest

HEAVY = {"prefect", "fastapi", "pandas", "scipy.stats", "scipy.special", "openai", "great_expectations", "httpx", "alembic", "matplotlib"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("module", "heavy"),
    [
        ("deployments.cli.main", HEAVY | {"sqlmodel", "sqlalchemy", "pydantic", "numpy", "scipy", "rich"}),
        ("lifecycle_core.operations.versions", HEAVY),
        ("lifecycle_core.operations.drift", HEAVY),
        ("lifecycle_core.operations.traffic", HEAVY),
        ("tasks.context", HEAVY | {"sqlmodel", "pydantic", "numpy"}),
        ("deployments.http.app", {"prefect", "pandas", "great_expectations", "openai", "matplotlib", "alembic"}),
    ],
)
def test_an_import_stays_light(module, heavy):
    code = f"import sys, {module}; print(*sorted({heavy!r} & set(sys.modules)))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert loaded == []
