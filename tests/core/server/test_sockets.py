"""Connections to a listening socket send without delay."""

import socket

from core.server.sockets import send_at_once


def delays(listening: socket.socket) -> list[bool]:
    """Whether the two ends of a new connection wait for acknowledgements."""
    with socket.create_connection(listening.getsockname()) as client:
        accepted, _ = listening.accept()
        with accepted:
            ends = (accepted, client)
            return [not end.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) for end in ends]


def test_connections_that_are_accepted_send_at_once() -> None:
    with socket.socket() as listening, socket.socket(socket.AF_UNIX) as other:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        other.bind("")
        other.listen()
        assert delays(listening) == [True, True]
        send_at_once()
        assert delays(listening) == [False, True]
