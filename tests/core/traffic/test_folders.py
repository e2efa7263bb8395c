import json

import pytest

from lifecycle_core.errors import InvalidInputError
from lifecycle_core.traffic.folders import expanded, files_at

RUN = {"timestamp": "2026-06-30T11:17:32", "info": {"agent_info": {"llm": "m"}}, "tasks": []}
SIMULATION = {"id": "s1", "task_id": "1", "termination_reason": "user_stop"}


@pytest.fixture
def write(tmp_path):
    def to(name, value):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(value))
        return path

    return to


def test_a_file_is_itself(write):
    path = write("a.jsonl", {})
    assert files_at(path) == [path]


def test_a_folder_is_its_files_at_any_depth_in_order(write, tmp_path):
    found = [write(name, {}) for name in ("a.jsonl", "b/c.json.gz", "b/d.ndjson")]
    write("notes.txt", {})
    assert files_at(tmp_path) == found


def test_a_folder_without_files_is_refused_with_what_is_read(tmp_path):
    with pytest.raises(InvalidInputError, match=r"ends in \.json, \.jsonl, \.ndjson"):
        files_at(tmp_path)


@pytest.mark.parametrize("place", ["sim_1.json", "simulations/1.json"])
def test_a_run_of_tau2_stands_for_its_simulations_beside_or_below_it(write, tmp_path, place):
    run, simulation = write("results.json", RUN), write(place, SIMULATION)
    write("other.json", {})
    assert files_at(run) == [simulation]
    assert run not in files_at(tmp_path)


def test_a_run_that_holds_its_simulations_is_itself(write):
    run = write("results.json", RUN | {"simulations": [SIMULATION]})
    assert files_at(run) == [run]


def test_what_is_no_file_stays_what_it_is():
    assert list(expanded(["-"])) == ["-"]
