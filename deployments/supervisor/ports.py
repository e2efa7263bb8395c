"""Addresses to listen on: bound before anything starts, so that a taken one is told at once and not after ten seconds."""

import errno
import ipaddress
import socket

from lifecycle_core.errors import InvalidInputError, PortTakenError
from lifecycle_core.settings import LOOPBACK, Settings


def listen(settings: Settings) -> socket.socket:
    """Bind the API's address and keep it; try Prefect's, and leave it to the server that will be started there.

    Raises InvalidInputError for an address that may not be served, PortTakenError for one that another program has.
    """
    refuse_strangers(settings.api_host)
    if settings.api_port == settings.prefect_port:
        message = f"the API and Prefect cannot both have port {settings.api_port}; give one of them another: --port or --prefect-port"
        raise InvalidInputError(message, field="port")
    _bound(LOOPBACK, settings.prefect_port, "--prefect-port").close()
    return _bound(settings.api_host, settings.api_port, "--port")


def free_port() -> int:
    """A port of this machine's own that nobody listens on now."""
    with socket.create_server((LOOPBACK, 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def refuse_strangers(host: str) -> None:
    """Raise InvalidInputError where `host` could be reached from another machine: the API asks nobody for a key.

    >>> refuse_strangers("localhost")
    >>> refuse_strangers("127.0.0.1")
    """
    try:
        loopback = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        message = (
            f"the API asks nobody for a key, so it is served on loopback only and not on {host!r}; "
            f"serve it on {LOOPBACK}, behind a proxy that checks who asks"
        )
        raise InvalidInputError(message, field="host")


def _bound(host: str, port: int, option: str) -> socket.socket:
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen()
    except OSError as error:
        listener.close()
        reason = "is taken by another program" if error.errno == errno.EADDRINUSE else f"cannot be had: {error.strerror}"
        message = f"port {port} on {host} {reason}; end that program, or choose another port with {option}"
        raise PortTakenError(message, field=option.removeprefix("--")) from error
    return listener
