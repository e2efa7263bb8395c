"""What is asked of the world: no address inside a network, by whichever name, redirect or notation."""

import socket
import ssl
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from threading import Thread

import httpx2
import pytest

from lifecycle_core.chat import ChatDeniedError, ChatMessage, ChatRequest
from lifecycle_core.settings import ModelAccess, Settings
from tasks import llm
from tasks.outgoing import AddressRefusedError, Outgoing, public

INSIDE = (
    "0.0.0.0",  # noqa: S104 - not to listen on
    "10.1.2.3",
    "100.64.0.1",
    "127.0.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "192.168.1.1",
    "198.18.0.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:10.0.0.1",
    "::ffff:93.184.216.34",
    "64:ff9b::a9fe:a9fe",
    "2002:7f00:1::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
)
OUTSIDE = ("1.1.1.1", "93.184.216.34", "100.63.255.255", "172.32.0.1", "2606:4700::1111", "64:ff9b::101:101")


class Answering(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append((self.path, self.headers["Host"]))
        to = self.server.redirects.get(self.path)
        self.send_response(307 if to else 200)
        if to:
            self.send_header("Location", to)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_POST = do_GET  # noqa: N815 - the library's name

    def log_message(self, *_):
        pass


@contextmanager
def listening(context=None):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    server.daemon_threads, server.asked, server.redirects, server.port = True, [], {}, server.server_port
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def server(monkeypatch):
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    with listening() as it:
        yield it


def answering(*addresses):
    """What resolves each name to these addresses, and keeps the names that were asked for."""

    def resolve(host, _port):
        resolve.asked.append(host)
        return [ip_address(it) for it in addresses]

    resolve.asked = []
    return resolve


@contextmanager
def client(configured="http://model.example", allowed=(), **given):
    with httpx2.Client(transport=Outgoing(configured, allowed, **given), follow_redirects=True, timeout=2) as it:
        yield it


@pytest.mark.parametrize("address", INSIDE)
def test_an_address_inside_a_network_is_not_public(address):
    assert not public(ip_address(address))


@pytest.mark.parametrize("address", OUTSIDE)
def test_an_address_of_the_internet_is_public(address):
    assert public(ip_address(address))


def test_a_name_that_means_an_address_inside_is_refused_before_anything_is_sent(server):
    words = r"model\.example, which is 127\.0\.0\.1, is not asked.*only public addresses.*add model\.example to LIFECYCLE_ALLOWED_HOSTS"
    with client(resolve=answering("127.0.0.1")) as it, pytest.raises(AddressRefusedError, match=words):
        it.get(f"http://model.example:{server.port}/")
    assert server.asked == []


def test_one_address_inside_among_others_is_enough_to_refuse(server):
    with client(resolve=answering("93.184.216.34", "127.0.0.1")) as it, pytest.raises(AddressRefusedError):
        it.get(f"http://model.example:{server.port}/")


@pytest.mark.parametrize("allowed", ["model.example", "MODEL.example."])
def test_a_listed_name_is_asked_and_stays_the_host(server, allowed):
    with client(allowed=[allowed], resolve=answering("127.0.0.1")) as it:
        it.get(f"http://Model.example:{server.port}/")
    assert server.asked == [("/", f"model.example:{server.port}")]


def test_the_address_that_was_checked_is_the_one_that_is_asked(server, monkeypatch):
    answers = iter(["127.0.0.1", "127.0.0.9"])

    def rebinding(host, port, *_, **__):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers) if host == "model.example" else host, port))]

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    with client(allowed=["model.example"]) as it:
        it.get(f"http://model.example:{server.port}/")
    assert len(server.asked) == 1
    assert list(answers) == ["127.0.0.9"]


def test_a_name_that_means_another_address_by_its_second_request_is_refused(server):
    answers = iter([["127.0.0.1"], ["169.254.169.254"]])
    with client("http://localhost", resolve=lambda *_: [ip_address(it) for it in next(answers)]) as it:
        it.get(f"http://localhost:{server.port}/")
        with pytest.raises(AddressRefusedError, match=r"169\.254\.169\.254"):
            it.get(f"http://localhost:{server.port}/")


def test_the_next_address_is_asked_where_the_first_is_down(server):
    with client(allowed=["model.example"], resolve=answering("127.0.0.9", "127.0.0.1")) as it:
        it.get(f"http://model.example:{server.port}/")
    assert len(server.asked) == 1


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "169.254.169.254", "10.0.0.1", "2130706433", "127.1", "[::ffff:127.0.0.1]"])
def test_a_redirect_inside_is_refused(server, host):
    server.redirects["/"] = f"http://{host}:{server.port}/inside"
    with client("http://localhost") as it, pytest.raises(AddressRefusedError):
        it.post(f"http://localhost:{server.port}/")
    assert [path for path, _ in server.asked] == ["/"]


def test_a_redirect_to_what_is_allowed_is_followed(server):
    server.redirects["/"] = f"http://localhost:{server.port}/there"
    with client("http://localhost") as it:
        assert it.get(f"http://localhost:{server.port}/").status_code == 200
    assert [path for path, _ in server.asked] == ["/", "/there"]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_an_address_that_was_configured_itself_is_asked(server, host):
    with client(f"http://{host}:{server.port}/v1") as it:
        assert it.get(f"http://{host}:{server.port}/v1/x").status_code == 200


@pytest.mark.parametrize("host", ["169.254.169.254", "[fe80::1]", "[::ffff:169.254.169.254]"])
def test_a_link_local_address_is_asked_only_where_it_is_listed(host):
    with client(f"http://{host}") as it, pytest.raises(AddressRefusedError):
        it.get(f"http://{host}/latest")
    address = ip_address(host.strip("[]"))
    assert Outgoing(f"http://{host}", [host])._checked(str(address), [address]) == [address]


def test_a_name_without_an_address_is_a_failure_of_the_network():
    with client() as it, pytest.raises(httpx2.ConnectError, match=r"model\.invalid has no address"):
        it.get("http://model.invalid/")


def test_a_proxy_resolves_what_is_not_known_here(server, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{server.port}")
    with client() as it:
        it.get("http://model.invalid/x")
    assert server.asked == [("http://model.invalid/x", "model.invalid")]


def test_what_is_known_to_lie_inside_is_not_asked_of_a_proxy_either(server, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{server.port}")
    with client(resolve=answering("10.0.0.1")) as it, pytest.raises(AddressRefusedError):
        it.get("http://model.example/x")
    assert server.asked == []


def test_tls_verifies_the_name_and_not_the_address(tmp_path, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", _certificate(tmp_path, "model.example"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "certificate.pem")
    allowed = {"allowed": ["model.example", "other.example"], "resolve": answering("127.0.0.1")}
    with listening(context) as server, client(**allowed) as it:
        assert it.get(f"https://model.example:{server.port}/").status_code == 200
        with pytest.raises(httpx2.ConnectError, match="certificate"):
            it.get(f"https://other.example:{server.port}/")


def _certificate(folder, name):
    """A certificate that vouches for itself, with its key in one file."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key, who, now = (
        ec.generate_private_key(ec.SECP256R1()),
        x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)]),
        datetime.now(UTC),
    )
    made = x509.CertificateBuilder(who, who, key.public_key(), 1, now - timedelta(days=1), now + timedelta(days=1))
    made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False).sign(key, hashes.SHA256())
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = folder / "certificate.pem"
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + private)
    return str(path)


def test_a_model_inside_is_denied_and_not_tried_again(server, monkeypatch):
    asked = []

    def inside(host, port, *_, **__):
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", inside)
    chat = llm.OpenAIChat(ModelAccess(base_url=f"http://model.example:{server.port}/v1", max_retries=2))
    request = ChatRequest(purpose="replay", model="m", messages=(ChatMessage(role="user", content="Hello"),))
    with pytest.raises(ChatDeniedError, match=r"model\.example, which is 127\.0\.0\.1, is not asked.*LIFECYCLE_ALLOWED_HOSTS") as refusal:
        chat(request)
    assert (asked, server.asked, refusal.value.retryable) == (["model.example"], [], False)
    llm.hang_up()


def test_the_hosts_that_are_allowed_come_from_the_environment():
    assert Settings.read({"LIFECYCLE_ALLOWED_HOSTS": "Model.example, 10.0.0.5"}).allowed_hosts == ("model.example", "10.0.0.5")
