"""Refuse every connection that would leave this machine, in this process, and say who tried."""

import ipaddress
import socket

connect, connect_ex = socket.socket.connect, socket.socket.connect_ex


class OutsideConnection(AssertionError):
    """The app and its tests must work with no network."""


def install() -> None:
    """From here on, only loopback and local sockets connect."""
    socket.socket.connect = lambda self, address: connect(self, _local(self, address))
    socket.socket.connect_ex = lambda self, address: connect_ex(self, _local(self, address))


def uninstall() -> None:
    socket.socket.connect, socket.socket.connect_ex = connect, connect_ex


def _local(sock: socket.socket, address):
    if sock.family in (socket.AF_INET, socket.AF_INET6):
        host = address[0]
        if host != "localhost" and not _is_loopback(host):
            raise OutsideConnection(f"a connection to {address} was tried")
    return address


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
