"""`lifecycle status`, `doctor` and `config`: how everything stands, and on what."""

import json
import re
import socket
import sys
from pathlib import Path

import pytest

from deployments.cli import doctor
from deployments.supervisor.folder import held
from lifecycle_core import settings
from tasks import context

AT = "2025-10-07T12:00:00Z"


def findings(lifecycle):
    return {it["name"]: it for it in json.loads(lifecycle("doctor", "--json").stdout)["findings"]}


@pytest.fixture
def taken_port(monkeypatch):
    """A port that another program has, given as the API's."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        monkeypatch.setenv("LIFECYCLE_API_PORT", str(port))
        yield port


def test_nothing_at_all_is_answered_with_the_first_command(lifecycle):
    said = lifecycle("status")
    assert said.exit_code == 0
    assert said.stdout.endswith("Next: lifecycle ingest FILE\n")


def test_each_variant_is_told_with_the_drift_that_goes_on(watched):
    watched("drift", "check", "baseline", "--at", AT, "--record")
    said = watched("status", "--at", "2025-10-07T13:00:00Z").stdout
    assert "drift, high: booking_rate, response_time" in said
    assert "drifts that go on  1\n" in said
    assert "last check         2025-10-07 12:00Z, 1 h ago\n" in said


def test_a_watch_that_stands_still_is_told(watched):
    watched("drift", "check", "baseline", "--at", AT, "--record")
    assert "no watch is running: lifecycle serve starts it" in watched("status", "--at", "2025-10-07T16:00:00Z").stdout


def test_status_for_programs_is_one_json_object(watched):
    said = json.loads(watched("status", "--at", AT, "--json").stdout)
    assert (said["conversations"], said["openEpisodes"], said["schemaRevision"]) == (840, 0, "0010")


def test_an_installation_that_passes_these_tests_has_no_failure(lifecycle):
    said = lifecycle("doctor")
    assert said.exit_code == 0
    assert "SQLite " in said.stdout
    assert {it["state"] for it in findings(lifecycle).values()} <= {"ok", "warning"}


def test_a_port_that_another_program_has_is_a_warning_with_its_remedy(lifecycle, taken_port):
    found = findings(lifecycle)["API port"]
    assert (found["state"], found["found"]) == ("warning", f"{taken_port} is taken by another program")
    assert found["remedy"] == "end that program, or give another port with LIFECYCLE_API_PORT"


def test_a_port_that_this_folders_own_server_has_is_well(lifecycle, taken_port):
    with held(Path("data")):
        found = findings(lifecycle)["API port"]
    assert found["state"] == "ok"
    assert found["found"].startswith(f"{taken_port} is served by process ")


def test_a_data_folder_that_cannot_be_is_a_failure_and_exits_with_5(lifecycle, monkeypatch):
    monkeypatch.setenv("LIFECYCLE_DATA_DIR", "/proc/lifecycle")
    said = lifecycle("doctor")
    assert said.exit_code == 5
    assert "/proc cannot be written" in said.stdout


def test_an_old_python_is_a_failure(lifecycle, monkeypatch):
    monkeypatch.setattr(doctor, "PYTHONS", ((4, 0), (5, 0)))
    assert findings(lifecycle)["Python"]["state"] == "failure"


def test_a_package_of_a_version_that_does_not_serve_is_a_failure(lifecycle, monkeypatch):
    monkeypatch.setattr(doctor, "SQLALCHEMYS", ((3, 0), (3, 1)))
    assert findings(lifecycle)["sqlalchemy"]["remedy"] == "make install brings 3.0 or later, before 3.1"


def test_an_sqlite_with_the_old_fault_of_its_log_is_a_warning(lifecycle, monkeypatch):
    monkeypatch.setattr(doctor, "SOUND_SQLITE", (99, 0, 0))
    assert findings(lifecycle)["SQLite"]["state"] == "warning"


def test_an_endpoint_that_cannot_be_reached_is_a_warning_without_its_password(lifecycle, monkeypatch):
    monkeypatch.setenv("LIFECYCLE_OPENAI_BASE_URL", "http://ada:pass@127.0.0.1:1/v1")
    context.configure()
    found = findings(lifecycle)["models"]
    assert (found["state"], found["found"]) == ("warning", "http://ada:***@127.0.0.1:1/v1 cannot be reached")


def test_an_endpoint_that_listens_is_well_and_its_model_is_named(lifecycle, monkeypatch, taken_port):
    monkeypatch.setenv("LIFECYCLE_OPENAI_BASE_URL", f"http://127.0.0.1:{taken_port}/v1")
    context.configure()
    assert findings(lifecycle)["models"]["found"] == f"http://127.0.0.1:{taken_port}/v1 listens; gpt-4o-mini is asked"


def test_a_simulated_clock_is_a_warning(lifecycle, monkeypatch):
    monkeypatch.setenv("LIFECYCLE_CLOCK", "2025-09-23T12:00:00Z=2026-01-01T00:00:00Z*1")
    assert findings(lifecycle)["clock"]["remedy"] == "unset LIFECYCLE_CLOCK"


def test_each_setting_tells_where_its_value_came_from(lifecycle, monkeypatch):
    monkeypatch.setenv("LIFECYCLE_API_PORT", "3055")
    said = lifecycle("--database", "postgresql://ada:secret@db.example/agent", "config", "show", "--json")
    told = {it["name"]: (it["value"], it["source"]) for it in json.loads(said.stdout)["settings"]}
    assert told["LIFECYCLE_DATABASE_URL"] == ("postgresql://ada:***@db.example/agent", "command line")
    assert told["LIFECYCLE_API_PORT"] == ("3055", "environment")
    assert told["LIFECYCLE_PREFECT_PORT"] == ("4200", "default")


def test_how_models_are_reached_is_shown_without_the_key(lifecycle, monkeypatch):
    monkeypatch.setenv("LIFECYCLE_OPENAI_BASE_URL", "https://ada:pass@models.example/v1")
    monkeypatch.setenv("LIFECYCLE_OPENAI_API_KEY", "sk-secret")
    monkeypatch.setenv("LIFECYCLE_MODEL", "other")
    context.configure()
    said = lifecycle("config", "show", "--json")
    told = {it["name"]: (it["value"], it["source"]) for it in json.loads(said.stdout)["settings"]}
    assert told["LIFECYCLE_OPENAI_BASE_URL"] == ("https://ada:***@models.example/v1", "environment")
    assert told["LIFECYCLE_OPENAI_API_KEY"] == ("***", "environment")
    assert (told["LIFECYCLE_MODEL"], told["LIFECYCLE_MODEL_RETRIES"]) == (("other", "environment"), ("2", "default"))
    assert "sk-secret" not in said.output


def test_how_the_agents_own_service_is_reached_is_shown_without_the_key(lifecycle, monkeypatch):
    monkeypatch.setenv("LIFECYCLE_AGENT_BASE_URL", "https://ada:pass@agent.example/v1")
    monkeypatch.setenv("LIFECYCLE_AGENT_API_KEY", "sk-secret")
    context.configure()
    told = {it["name"]: it["value"] for it in json.loads(lifecycle("config", "show", "--json").stdout)["settings"]}
    assert (told["LIFECYCLE_AGENT_BASE_URL"], told["LIFECYCLE_AGENT_API_KEY"]) == ("https://ada:***@agent.example/v1", "***")
    assert told["LIFECYCLE_MODEL_RETRIES"] == "2"


def test_an_endpoint_of_the_common_variables_is_shown_under_them(lifecycle, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    context.configure()
    told = {it["name"]: it["value"] for it in json.loads(lifecycle("config", "show", "--json").stdout)["settings"]}
    assert (told["OPENAI_BASE_URL"], told["OPENAI_API_KEY"]) == ("https://api.openai.com/v1", "***")


def test_without_an_endpoint_the_settings_say_that_results_are_simulated(lifecycle, monkeypatch):
    for name in ("LIFECYCLE_OPENAI_BASE_URL", "LIFECYCLE_OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    context.configure()
    assert "lifecycle serve starts a simulated one, and every result says so" in lifecycle("config", "show").stdout


def test_settings_are_a_table_for_people(lifecycle):
    said = lifecycle("config", "show")
    assert said.exit_code == 0
    assert "LIFECYCLE_API_PORT" in said.stdout


def test_a_setting_that_cannot_be_meant_is_refused_by_name_and_limit(lifecycle, monkeypatch):
    monkeypatch.setenv("LIFECYCLE_API_PORT", "70000")
    said = lifecycle("config", "show")
    assert said.exit_code == 2
    assert said.stderr == "LIFECYCLE_API_PORT is '70000'; give a whole number from 1 to 65535\n"


def test_the_examination_needs_no_database(lifecycle, tmp_path):
    (tmp_path / "data" / "lifecycle.db").unlink()
    before = list((tmp_path / "data").iterdir())
    assert lifecycle("doctor").exit_code == 0
    assert list((tmp_path / "data").iterdir()) == before
    assert sys.version.split()[0] in lifecycle("doctor").stdout


def test_a_database_that_is_not_there_is_not_made_by_looking(lifecycle):
    Path("data/lifecycle.db").unlink()
    assert findings(lifecycle)["database"]["found"].endswith("made when it is needed")
    assert not Path("data/lifecycle.db").exists()


def test_a_database_of_another_schema_is_a_failure_with_its_remedy(lifecycle):
    lifecycle("db", "downgrade", "0004", "--yes")
    found = findings(lifecycle)["database"]
    assert (found["state"], found["remedy"]) == ("failure", "lifecycle db upgrade")


def test_a_door_without_keys_is_a_warning_and_one_with_keys_is_well(lifecycle):
    assert findings(lifecycle)["API keys"]["state"] == "warning"
    lifecycle("keys", "create", "ada", "--role", "admin")
    assert findings(lifecycle)["API keys"]["found"] == "nobody is let in without one"


def test_a_door_to_the_network_without_keys_is_a_failure(lifecycle, monkeypatch):
    monkeypatch.setenv("LIFECYCLE_API_HOST", "0.0.0.0")  # noqa: S104 - which is refused
    context.configure()
    assert findings(lifecycle)["API keys"]["state"] == "failure"


def test_an_audit_log_without_anchors_is_a_warning_and_an_anchored_one_is_well(lifecycle):
    lifecycle("keys", "create", "ada", "--role", "admin")
    assert findings(lifecycle)["audit anchors"]["remedy"] == "lifecycle audit anchor"
    lifecycle("audit", "anchor")
    assert findings(lifecycle)["audit anchors"]["state"] == "ok"


def test_every_variable_that_is_read_anywhere_is_shown(lifecycle):
    rooms = ("lifecycle_core", "tasks", "flows", "deployments")
    sources = (path for room in rooms for path in (Path(settings.__file__).parents[1] / room).rglob("*.py"))
    read = {name for path in sources for name in re.findall(r"\bLIFECYCLE_[A-Z_]*[A-Z]\b", path.read_text())}
    shown = {it["name"] for it in json.loads(lifecycle("config", "show", "--json").stdout)["settings"]}
    of_endpoint = {"LIFECYCLE_OPENAI_BASE_URL", "LIFECYCLE_OPENAI_API_KEY"}
    assert shown == read - {"LIFECYCLE_OPENAI"} | of_endpoint


@pytest.mark.postgres
def test_the_examination_warns_where_a_process_might_ask_for_more_connections_than_the_server_takes(lifecycle, monkeypatch, postgres_url):
    monkeypatch.setenv("LIFECYCLE_DATABASE_URL", postgres_url)
    for connections, state in ((4, "ok"), (1000, "warning")):
        monkeypatch.setenv("LIFECYCLE_DATABASE_CONNECTIONS", str(connections))
        context.configure()
        context.database().close()
        assert findings(lifecycle)["connections"]["state"] == state
