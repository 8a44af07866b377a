"""A line to the server that can really break: every byte goes through it, and when it is cut nothing does."""

import contextlib
import socket
import threading


class BreakableLine:
    """Forwards TCP on loopback. ``cut`` closes it and every connection; ``mend`` opens it again on the same port."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._lock = threading.Lock()
        self._ends: set[socket.socket] = set()
        self._door: socket.socket | None = None
        self._port = 0
        self.mend()

    @property
    def url(self) -> str:
        """Where the browser goes."""
        return f"http://127.0.0.1:{self._port}"

    def mend(self) -> None:
        self._door = socket.create_server(("127.0.0.1", self._port), reuse_port=False)
        self._port = self._door.getsockname()[1]
        threading.Thread(target=self._accept, args=(self._door,), daemon=True).start()

    def cut(self) -> None:
        with self._lock:
            ends, self._ends = self._ends | {self._door}, set()
        for end in ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _accept(self, door: socket.socket) -> None:
        with contextlib.suppress(OSError):  # cut
            while True:
                near, _ = door.accept()
                far = socket.create_connection(("127.0.0.1", self._to))
                with self._lock:
                    self._ends |= {near, far}
                for one, other in ((near, far), (far, near)):
                    threading.Thread(target=self._carry, args=(one, other), daemon=True).start()

    def _carry(self, one: socket.socket, other: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while part := one.recv(65_536):
                other.sendall(part)
            other.shutdown(socket.SHUT_WR)
