"""Sockets of the server."""

import os
import socket
import stat
from contextlib import suppress

MAX_FILES = 256
"""The server listens soon after it starts, so its socket is among the first open files."""


def send_at_once() -> None:
    """Let listening sockets of this process send small messages without delay (TCP_NODELAY).

    Streamlit opens its socket without a protocol number, and then asyncio leaves Nagle's algorithm
    on: the second part of an answer waits until the browser has acknowledged the first, some 40 ms
    for each file and each rerun. Connections inherit the option.
    """
    for number in range(3, MAX_FILES):
        # Numbers without an open file raise, and so do sockets that are not of TCP.
        with suppress(OSError):
            if stat.S_ISSOCK(os.fstat(number).st_mode):
                with socket.socket(fileno=os.dup(number)) as copy:
                    if copy.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                        copy.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
