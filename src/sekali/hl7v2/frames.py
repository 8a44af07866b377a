"""Frames of MLLP: ``<VT> message <FS><CR>``. https://www.hl7.org/documentcenter/public/wg/inm/mllp_transport_specification.PDF

No socket here: bytes go in, frames come out. What stands between frames is passed over; a start in the middle of a frame
means that the sender broke off and began again, so the broken half is dropped and never joined to the next message.
"""

from enum import StrEnum

START, END = b"\x0b", b"\x1c\x0d"


class Fault(StrEnum):
    """A frame that cannot be read."""

    TOO_LARGE = "too large"


class Frames:
    """The frames in a stream of bytes.

    :param most: the largest frame, in bytes; of a larger one nothing is kept, and one Fault stands in for it.
    :ivar skipped: bytes passed over since the last whole frame, for a caller who gives up on noise.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._buffer = bytearray()
        self._inside = False
        self._dropping = False
        self.skipped = 0

    @property
    def unfinished(self) -> bool:
        """Whether a frame was begun and has not ended."""
        return self._inside

    def feed(self, data: bytes) -> list[bytes | Fault]:
        """The frames that are whole now, in order."""
        self._buffer += data
        found: list[bytes | Fault] = []
        while self._step(found):
            pass
        return found

    def _step(self, found: list[bytes | Fault]) -> bool:
        """One frame more, or one start; False when more bytes are needed."""
        if not self._inside:
            start = self._buffer.find(START)
            self._skip(len(self._buffer) if start < 0 else start)
            if start < 0:
                return False
            del self._buffer[:1]
            self._inside, self._dropping = True, False
        end = self._buffer.find(END)
        again = self._buffer.rfind(START, 0, end if end >= 0 else len(self._buffer))
        if again >= 0:
            self._skip(again)
            del self._buffer[:1]
            self._dropping = False
            return True
        if end < 0:
            self._drop_what_is_too_large(found)
            return False
        if self._dropping or end > self._most:
            if not self._dropping:
                found.append(Fault.TOO_LARGE)
        else:
            found.append(bytes(self._buffer[:end]))
        self.skipped = 0 if not self._dropping else self.skipped
        del self._buffer[: end + len(END)]
        self._inside = False
        return True

    def _drop_what_is_too_large(self, found: list[bytes | Fault]) -> None:
        if len(self._buffer) <= self._most + 1:
            return
        if not self._dropping:
            found.append(Fault.TOO_LARGE)
            self._dropping = True
        self._skip(len(self._buffer) - 1)  # the last byte may be the first half of the end

    def _skip(self, count: int) -> None:
        self.skipped += count
        del self._buffer[:count]


def framed(message: bytes) -> bytes:
    """A message as it goes over the line."""
    return START + message + END
