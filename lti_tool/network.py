"""Connections to platforms, made only to addresses that were judged.

A name is resolved once, at the moment of connecting, and the address that was judged is the one that is connected to:
a name server that answers differently the second time (DNS rebinding) leads nowhere.
"""

import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from typing import Any

import requests
from django.conf import settings
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError
from urllib3.util.connection import create_connection

from lti_tool.errors import Kind, ServiceError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

MAX_ADDRESSES = 3  # a name with many addresses must not multiply the time we wait
# Ranges that carry another address inside and so lead around every rule about that one.
_TRANSLATED = [
    ipaddress.ip_network(net)
    for net in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "::/96", "::ffff:0:0/96")
]
# One address of each cloud hands out the machine's own passwords; no setting opens these.
_METADATA = {ipaddress.ip_address(a) for a in ("169.254.169.254", "fd00:ec2::254", "100.100.100.200")}

_local = threading.local()


class Unreachable(ServiceError):
    """No answer at all: the platform, or the way to it, is down."""

    def __init__(self, said: str) -> None:
        super().__init__(Kind.TRANSIENT, said=said)


def session() -> requests.Session:
    """A session per thread: connections are reused, nothing is shared. It keeps no cookies and reads no netrc."""
    if not hasattr(_local, "session"):
        _local.session = requests.Session()
        _local.session.trust_env = False
        for scheme in ("http://", "https://"):
            _local.session.mount(scheme, _GuardedAdapter())
    _local.session.cookies.clear()
    return _local.session


def end_at(deadline: float) -> None:
    """The `time.monotonic()` at which this thread's running request is cut off, however slowly it trickles."""
    _local.deadline = deadline


def judge(address: Address, *, host: str, secure: bool) -> None:
    """Raise ServiceError for an address that must not be called.

    Public addresses only, over https. Loopback where the development setting allows it; private addresses only for
    hosts that the operator named in LTI_PRIVATE_HOSTS.
    """
    if settings.LTI_ALLOW_LOOPBACK and address.is_loopback:
        return
    if not secure:
        raise ServiceError(Kind.NEEDS_ADMIN, said="not an https address")
    is_inside = not address.is_global or address.is_multicast or _is_translated(address)
    may_be_private = host in settings.LTI_PRIVATE_HOSTS and address.is_private and not address.is_link_local
    if address in _METADATA or (is_inside and not (may_be_private and not address.is_loopback)):
        raise ServiceError(Kind.NEEDS_ADMIN, said="an address inside our own network")


def _is_translated(address: Address) -> bool:
    return any(address in net for net in _TRANSLATED if net.version == address.version)


def resolve(host: str, port: int) -> list[Address]:
    """Every address of a name, in the resolver's order. Raises Unreachable for a name that has none."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Unreachable("the host name was not found") from None
    return list(dict.fromkeys(ipaddress.ip_address(str(entry[4][0]).split("%")[0]) for entry in found))


class _Guarded:
    """What both kinds of connection do: connect to a judged address, and let no answer trickle for ever."""

    def _new_conn(self: Any) -> socket.socket:
        for address in self._judged():
            try:
                return create_connection(
                    (str(address), self.port), self.timeout, socket_options=self.socket_options
                )
            except TimeoutError as error:
                problem: Exception = ConnectTimeoutError(self, "connect timeout")
                problem.__cause__ = error
            except OSError as error:
                problem = NewConnectionError(self, "connection refused")
                problem.__cause__ = error
        raise problem

    def _judged(self: Any) -> Iterator[Address]:
        """All of them are judged before the first is used: a name that mixes good and bad ones is bad."""
        addresses = resolve(self.host, self.port)
        for address in addresses:
            judge(address, host=self.host.lower(), secure=isinstance(self, HTTPSConnection))
        yield from addresses[:MAX_ADDRESSES]

    def getresponse(self: Any) -> Any:
        """The head of the answer. A timeout is per byte; the timer is for the whole."""
        deadline = getattr(_local, "deadline", time.monotonic() + 30)
        timer = threading.Timer(max(deadline - time.monotonic(), 0.0), _cut, [self.sock])
        timer.daemon = True
        timer.start()
        try:
            response = super().getresponse()  # type: ignore[misc]
        finally:
            timer.cancel()
        if time.monotonic() >= deadline:  # what was cut off reads like a head that ended
            raise TimeoutError
        return response


def _cut(sock: socket.socket | None) -> None:
    try:
        if sock is not None:
            sock.shutdown(socket.SHUT_RDWR)
    except (OSError, ssl.SSLError):
        pass  # it ended by itself in the same moment


class _Connection(_Guarded, HTTPConnection):
    pass


class _SecureConnection(_Guarded, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


class _GuardedAdapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}
