"""Outgoing requests: no address inside a network is asked unless whoever operates this says its name.

1. A host is resolved once a request; each of its addresses must be a public one, and one of these is connected to, so that a name
   cannot mean another address a moment later. TLS still verifies the name.
2. Redirects are requests of their own, and so are checked again.
3. Allowed by name are the hosts in `LIFECYCLE_ALLOWED_HOSTS`, and an address or `localhost` that stands in the configured address
   itself, but for link-local ones, where clouds keep their credentials.
4. What the environment's proxy asks is resolved by the proxy: refused is what is known here to lie inside.
"""

import socket
from collections.abc import Callable, Collection, Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from threading import Lock
from typing import Final
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx2

from lifecycle_core.errors import LifecycleError

LOCALHOST: Final = "localhost"
HTTPS_PORT: Final = 443
HTTP_PORT: Final = 80
MAX_HOSTS: Final = 32
"""To how many hosts connections are kept."""
_NAT64: Final = IPv6Network("64:ff9b::/96")

Address = IPv4Address | IPv6Address
Resolve = Callable[[str, int], Sequence[Address]]


class AddressRefusedError(LifecycleError):
    """An address that may not be asked; asking again changes nothing."""

    status = 403
    code = "address-refused"


def public(address: Address) -> bool:
    """Whether an address is the internet's: not private, loopback, link-local, behind a carrier, multicast, unspecified or reserved.

    One of IPv6 that stands for one of IPv4 is as public as that, and a mapped one, which nobody publishes, is not.

    >>> [public(ip_address(it)) for it in ("93.184.216.34", "10.0.0.8", "100.64.0.1", "169.254.169.254", "::ffff:93.184.216.34")]
    [True, False, False, False, False]
    """
    if isinstance(address, IPv6Address) and (address.ipv4_mapped is not None or address.is_site_local):
        return False
    meant = _meant(address)
    return meant.is_global and not meant.is_multicast


def resolved(host: str, port: int) -> Sequence[Address]:
    """The addresses of a host, in the order in which they are to be tried; raises ConnectError where it has none."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        message = f"{host} has no address: {error}"
        raise httpx2.ConnectError(message) from error
    return [ip_address(str(place[0])) for *_, place in found]


class Outgoing(httpx2.BaseTransport):
    """A transport for `httpx2.Client` that asks only what may be asked.

    configured : the address that whoever operates this wrote; allowed : hosts that may lie inside.
    """

    def __init__(self, configured: str, allowed: Collection[str] = (), *, resolve: Resolve = resolved) -> None:
        self._listed = frozenset(map(_plain, allowed))
        self._written = _plain(urlsplit(configured).hostname or "")
        self._resolve = resolve
        self._one_at_a_time = Lock()
        self._inner: dict[tuple[str, str | None], httpx2.HTTPTransport] = {}

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Ask one of the addresses of the request's host; raises AddressRefusedError before anything is sent."""
        host, port = _plain(request.url.raw_host.decode()), request.url.port or (HTTPS_PORT if request.url.scheme == "https" else HTTP_PORT)
        proxy = self._proxy(host, request.url.scheme)
        inner = self._to(host, proxy)
        if proxy is not None:
            self._checked(host, self._known(host, port))
            return inner.handle_request(request)
        *others, last = self._checked(host, self._resolve(host, port))
        for address in others:
            try:
                return inner.handle_request(_at(address, host, request))
            except (httpx2.ConnectError, httpx2.ConnectTimeout):
                continue
        return inner.handle_request(_at(last, host, request))

    def close(self) -> None:
        """Close every connection."""
        while self._inner:
            self._inner.popitem()[1].close()

    def _checked(self, host: str, addresses: Sequence[Address]) -> Sequence[Address]:
        for address in addresses:
            if not public(address) and not self._allowed(host, address):
                which = str(address) if host == str(address) else f"{host}, which is {address},"
                message = (
                    f"{which} is not asked: it lies inside a network, and only public addresses are; "
                    f"if it is meant, add {host} to LIFECYCLE_ALLOWED_HOSTS"
                )
                raise AddressRefusedError(message, field="LIFECYCLE_ALLOWED_HOSTS")
        return addresses

    def _allowed(self, host: str, address: Address) -> bool:
        if host in self._listed:
            return True
        return host == self._written and (host == LOCALHOST or _is_address(host)) and not _meant(address).is_link_local

    def _known(self, host: str, port: int) -> Sequence[Address]:
        try:
            return self._resolve(host, port)
        except httpx2.ConnectError:
            return ()

    def _proxy(self, host: str, scheme: str) -> str | None:
        """The environment's proxy to the host; to this machine itself none leads."""
        if host == LOCALHOST or (_is_address(host) and ip_address(host).is_loopback) or proxy_bypass(host):
            return None
        proxies = getproxies()
        return proxies.get(scheme) or proxies.get("all")

    def _to(self, host: str, proxy: str | None) -> httpx2.HTTPTransport:
        """Connections to one host, which are shared with no other at the same address."""
        found = self._inner.get((host, proxy))
        if found is not None:
            return found
        with self._one_at_a_time:
            while len(self._inner) >= MAX_HOSTS:  # an endpoint may redirect to as many as it likes
                self._inner.pop(next(iter(self._inner))).close()
            return self._inner.setdefault((host, proxy), httpx2.HTTPTransport(proxy=proxy))


def _at(address: Address, host: str, request: httpx2.Request) -> httpx2.Request:
    """The request, sent to the address; its `Host` and what TLS verifies stay the name's."""
    url = request.url.copy_with(host=str(address))
    named = {} if _is_address(host) else {"sni_hostname": host}
    return httpx2.Request(request.method, url, headers=request.headers, stream=request.stream, extensions={**request.extensions, **named})


def _meant(address: Address) -> Address:
    """The address of IPv4 that one of IPv6 stands for, where it does."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1] or address


def _plain(host: str) -> str:
    """A host as it is compared: one spelling of a name, one of an address."""
    host = host.strip("[]").rstrip(".").lower()
    return str(ip_address(host)) if _is_address(host) else host


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
