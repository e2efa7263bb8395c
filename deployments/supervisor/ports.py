"""Addresses to listen on: bound before anything starts, so that a taken one is told at once and not after ten seconds."""

import errno
import socket

from lifecycle_core.errors import InvalidInputError, PortTakenError
from lifecycle_core.operations import keys
from lifecycle_core.settings import LOOPBACK, Settings
from tasks import context


def listen(settings: Settings) -> socket.socket:
    """Bind the API's address and keep it; try Prefect's, and leave it to the server that will be started there.

    Raises InvalidInputError for an address that may not be served, PortTakenError for one that another program has.
    """
    refuse_strangers(settings)
    if settings.api_port == settings.prefect_port:
        message = f"the API and Prefect cannot both have port {settings.api_port}; give one of them another: --port or --prefect-port"
        raise InvalidInputError(message, field="port")
    if settings.prefect_api is None:
        _bound(LOOPBACK, settings.prefect_port, "--prefect-port").close()
    return _bound(settings.api_host, settings.api_port, "--port")


def free_port() -> int:
    """A port of this machine's own that nobody listens on now."""
    with socket.create_server((LOOPBACK, 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def refuse_strangers(settings: Settings) -> None:
    """Raise InvalidInputError where the API could be reached from another machine and nobody has a key to it.

    >>> refuse_strangers(Settings.read({"LIFECYCLE_API_HOST": "localhost"}))
    """
    if settings.loopback:
        return
    if not any(it.usable(context.now()) for it in keys.list_keys(context.database())):
        message = (
            f"the API would be reached from other machines at {settings.api_host!r}, and there is no key that is good; "
            f"make one first: lifecycle keys create NAME --role admin, or serve it on {LOOPBACK}"
        )
        raise InvalidInputError(message, field="host")
    if not settings.api_names:
        message = (
            f"the API is to be served at {settings.api_host!r} and is not told by which names it is asked; "
            "set LIFECYCLE_API_NAMES, such as agents.example,10.0.0.5"
        )
        raise InvalidInputError(message, field="LIFECYCLE_API_NAMES")


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
