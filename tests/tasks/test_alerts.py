"""Messages that leave: signed as Standard Webhooks has it, to allowed addresses alone, with nothing that a customer said."""

import sys
from dataclasses import replace
from datetime import timedelta

import pytest

from benchmarks._receiver import SECRET, receiving
from lifecycle_core.alerts.delivery import DeliveryState
from lifecycle_core.errors import InvalidInputError, SetupError
from lifecycle_core.operations import alerts as operations
from lifecycle_core.settings import Settings
from tasks import alerts, chat_services, context
from tasks.chat_services import ChatService
from tasks.webhooks import Webhook


@pytest.fixture
def receiver(database, tmp_path, monkeypatch):
    """A receiver of this process's webhooks."""
    with receiving() as it:
        monkeypatch.setenv("LIFECYCLE_DATA_DIR", str(tmp_path))
        monkeypatch.setenv("LIFECYCLE_WEBHOOKS", it.url)
        monkeypatch.setenv("LIFECYCLE_WEBHOOK_SECRET", SECRET)
        context.configure()
        yield it
    context.database().close()
    monkeypatch.undo()
    context.configure()


def written():
    return operations.test(context.database(), context.act("ada"), "one").message


def way(name):
    [it] = operations.message(context.database(), name).deliveries
    return it


def test_a_message_arrives_signed_under_its_id(receiver):
    message = written()
    assert alerts.deliver() == 1
    [body] = receiver.bodies
    assert (body["type"], body["data"]["id"], body["data"]["title"]) == ("alert.test", message.id, message.title)
    assert (receiver.forged, way(message.id).state) == (0, DeliveryState.DELIVERED)


def test_what_is_delivered_is_sent_no_more(receiver):
    written()
    assert [alerts.deliver(), alerts.deliver()] == [1, 0]
    assert len(receiver.bodies) == 1


def test_a_target_that_is_away_is_tried_again_later_under_the_same_id(receiver):
    message, receiver.status = written(), 503
    alerts.deliver()
    found = way(message.id)
    assert (found.state, found.attempts, found.error) == (DeliveryState.PENDING, 1, f"{found.target} answered 503")
    receiver.status = 200
    [claimed] = operations.take(context.database(), replace(context.act("x"), at=context.now() + timedelta(minutes=1)), [found.target])
    alerts._deliver(claimed)
    assert (receiver.tried, receiver.ids) == ({message.id: 2}, [message.id])


def test_a_target_that_is_gone_is_dead_at_once(receiver):
    message, receiver.status = written(), 410
    alerts.deliver()
    assert way(message.id).state is DeliveryState.DEAD


def test_a_redirect_is_not_followed(receiver):
    message, receiver.status, receiver.headers = written(), 307, {"Location": "/elsewhere"}
    alerts.deliver()
    assert (receiver.tried[message.id], way(message.id).error.endswith("answered 307")) == (1, True)


def test_an_address_inside_a_network_is_not_told(receiver):
    refused = Webhook("http://169.254.169.254/latest", SECRET).send(written(), "")
    assert "lies inside a network" in refused.error


def test_a_targets_name_tells_no_secret(receiver):
    assert [("s3cret" in it, it.startswith("127.0.0.1/")) for it in alerts.targets()] == [(False, True)]
    assert "s3cret" not in repr(Webhook(receiver.url, SECRET))
    assert "s3cret" not in repr(context.settings())


@pytest.mark.parametrize(("secret", "bytes_"), [("", 0), ("whsec_c2hvcnQ=", 5), ("not base64!", 0)])
def test_webhooks_without_a_good_secret_are_refused(secret, bytes_):
    given = {"LIFECYCLE_WEBHOOKS": "https://hooks.example/a", "LIFECYCLE_WEBHOOK_SECRET": secret}
    with pytest.raises(InvalidInputError, match=f"LIFECYCLE_WEBHOOK_SECRET has {bytes_} bytes; give 24 to 64"):
        Settings.read(given)


def test_a_webhook_that_is_no_address_is_refused():
    with pytest.raises(InvalidInputError, match="LIFECYCLE_WEBHOOKS is not an address"):
        Settings.read({"LIFECYCLE_WEBHOOKS": "hooks.example", "LIFECYCLE_WEBHOOK_SECRET": SECRET})


def test_without_its_package_a_chat_service_says_which_to_install(monkeypatch, receiver):
    monkeypatch.setitem(sys.modules, "apprise", None)
    monkeypatch.setattr(alerts, "targets", lambda: {"slack/1": ChatService("slack://a/b/c")})
    message = written()
    alerts.deliver()
    assert way(message.id).error == chat_services.MISSING


def test_a_chat_service_is_told_what_the_message_says_and_where_to_read_on(receiver):
    assert chat_services.text(written(), "http://localhost:3001") == "Read on: http://localhost:3001/alerts"


@pytest.mark.filterwarnings("ignore:'imghdr':DeprecationWarning")
def test_a_chat_service_of_no_kind_that_is_known_says_so(receiver):
    with pytest.raises(SetupError, match=r"names nonsense/.*which apprise does not know"):
        ChatService("nonsense://x").send(written(), "")
