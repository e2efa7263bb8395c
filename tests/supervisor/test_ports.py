import socket
from pathlib import Path

import pytest

from deployments.supervisor.ports import listen, refuse_strangers
from lifecycle_core.access import Role
from lifecycle_core.errors import InvalidInputError, PortTakenError
from lifecycle_core.operations import keys
from lifecycle_core.settings import Settings
from tasks import context


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A data folder of its own."""
    monkeypatch.setenv("LIFECYCLE_DATA_DIR", str(tmp_path))
    context.configure()
    yield tmp_path
    context.database().close()
    monkeypatch.undo()
    context.configure()


def free_ports(count):
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [it.getsockname()[1] for it in held]
    for it in held:
        it.close()
    return ports


def settings(api, prefect):
    return Settings.read({"LIFECYCLE_API_PORT": str(api), "LIFECYCLE_PREFECT_PORT": str(prefect)})


@pytest.mark.parametrize(("taken", "option"), [(0, "--port"), (1, "--prefect-port")], ids=["the API's", "Prefect's"])
def test_a_taken_port_is_refused_with_the_option_that_chooses_another(taken, option):
    ports = free_ports(2)
    with (
        socket.create_server(("127.0.0.1", ports[taken])),
        pytest.raises(PortTakenError, match=rf"port {ports[taken]} on 127.0.0.1 is taken .* {option}"),
    ):
        listen(settings(*ports))


def test_a_refusal_leaves_the_other_port_free():
    ports = free_ports(2)
    with socket.create_server(("127.0.0.1", ports[0])), pytest.raises(PortTakenError):
        listen(settings(*ports))
    socket.create_server(("127.0.0.1", ports[1])).close()


def test_the_api_s_port_is_kept_and_prefect_s_is_left_to_it():
    api, prefect = free_ports(2)
    with listen(settings(api, prefect)) as held:
        assert held.getsockname() == ("127.0.0.1", api)
        socket.create_server(("127.0.0.1", prefect)).close()


def test_one_port_for_both_is_refused():
    with pytest.raises(InvalidInputError, match="cannot both have port 4321"):
        listen(settings(4321, 4321))


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.7", "example.org", ""])  # noqa: S104 - what is refused
def test_an_address_that_strangers_reach_is_refused_while_there_are_no_keys(host, folder):
    with pytest.raises(InvalidInputError, match="there is no key that is good"):
        refuse_strangers(Settings(Path(), "", api_host=host))


def test_with_a_key_it_is_served_under_the_names_that_are_given(folder):
    made = context.new_secret()
    keys.create(context.database(), context.act("test"), "ada", roles=[Role.ADMIN], secret=made)
    refuse_strangers(Settings(Path(), "", api_host="192.168.1.7", api_names=("agents.example",)))
    with pytest.raises(InvalidInputError, match="LIFECYCLE_API_NAMES"):
        refuse_strangers(Settings(Path(), "", api_host="192.168.1.7"))
