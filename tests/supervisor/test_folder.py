import os
import signal
import subprocess
import sys

import pytest

from deployments.supervisor.folder import KEPT_BYTES, end_holder, held, open_log
from lifecycle_core.errors import SetupError

HOLD = """
import sys, time, pathlib
from deployments.supervisor.folder import held

with held(pathlib.Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path):
    """A process that holds the folder."""
    with subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_folder_that_is_served_is_refused_with_the_process_that_serves_it(tmp_path, holder):
    with pytest.raises(SetupError, match=rf"process {holder.pid} serves .* `lifecycle down`"), held(tmp_path):
        pass


def test_a_folder_is_free_again_when_its_holder_was_killed(tmp_path, holder):
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    with held(tmp_path):
        assert (tmp_path / "serve.lock").read_text() == str(os.getpid())


def test_down_ends_the_holder_and_names_it(tmp_path, holder):
    assert end_holder(tmp_path, within_s=10) == holder.pid
    assert holder.wait() == -signal.SIGTERM


@pytest.mark.parametrize("served_before", [False, True])
def test_down_finds_nothing_to_end(tmp_path, served_before):
    if served_before:
        with held(tmp_path):
            pass
    assert end_holder(tmp_path, within_s=10) is None


def test_a_folder_that_cannot_be_made_is_refused_with_the_remedy(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(SetupError, match=r"cannot be used: .*LIFECYCLE_DATA_DIR"), held(tmp_path / "file" / "data"):
        pass


def test_the_data_folder_is_its_owner_s_alone(tmp_path):
    with held(tmp_path / "data"):
        assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700


def test_a_log_that_has_grown_long_is_set_aside_when_it_is_opened(tmp_path):
    with open_log(tmp_path, "serve.log") as log:
        log.truncate(KEPT_BYTES + 1)
    open_log(tmp_path, "serve.log").close()
    assert (tmp_path / "logs/serve.log").stat().st_size == 0
    assert (tmp_path / "logs/serve.log.1").stat().st_size == KEPT_BYTES + 1
