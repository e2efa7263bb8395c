"""The compose file says nothing that the program does not know."""

import re
from pathlib import Path

import pytest
import yaml

from deployments.cli.main import main
from deployments.supervisor.deployments_file import FILE

FOLDER = Path(__file__).parents[2] / "deployments" / "compose"
TEXT = (FOLDER / "compose.yaml").read_text()
SERVICES = yaml.safe_load(TEXT)["services"]


def test_every_setting_in_it_is_one_of_the_readmes():
    known = (FOLDER.parents[1] / "README.md").read_text()
    named = {name for it in SERVICES.values() for name in it.get("environment", {}) if name.startswith("LIFECYCLE_")}
    assert {it for it in named if f"`{it}`" not in known} == {"LIFECYCLE_PASSWORD"}  # the database's alone


def test_every_variable_without_a_default_is_in_the_example():
    example = (FOLDER / "example.env").read_text()
    needed = set(re.findall(r"\$\{(\w+)(?::\?[^}]*)?\}", TEXT))
    assert needed == {"POSTGRES_PASSWORD", "LIFECYCLE_PASSWORD"}
    assert all(f"{it}=" in example for it in needed)


def test_the_apis_command_is_one():
    program, name, *options = SERVICES["api"]["command"]
    assert program == "deployments.cli"
    given = main.commands[name].make_context(name, options).params
    assert (given["host"], given["beside_prefect"]) == ("0.0.0.0", "http://prefect:4200/api")  # noqa: S104 - inside of a container


@pytest.mark.parametrize("words", [SERVICES["worker"]["command"], SERVICES["deploy"]["command"][0].split()])
def test_workers_ask_the_pool_that_deployments_name(words):
    [pool] = {it["work_pool"]["name"] for it in yaml.safe_load(FILE.read_text())["deployments"]}
    assert pool in words
