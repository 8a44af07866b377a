"""Reading one HL7 v2 message: its characters, segments and fields. Parsing is python-hl7's, limits and escapes are ours.

python-hl7's own ``unescape`` writes what it cannot read into the log and stops at ``\\.inx\\``; so escapes are read here.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

import hl7

from .refusals import MISSING_FIELD, MISSING_SEGMENT, NOT_IN_TABLE, TOO_LARGE, WRONG_FORM, WRONG_TYPE, Place, Refused

MOST_SEGMENTS = 2000
MOST_PARTS = 20_000
"""Fields, components and repetitions of one message: python-hl7 needs about 3 µs for each, and nobody else is served."""
CHARSETS = {
    "": "utf-8", "ASCII": "ascii", "UNICODE UTF-8": "utf-8", "UTF-8": "utf-8", "8859/1": "iso-8859-1", "ISO 8859-1": "iso-8859-1",
    "ISO8859-1": "iso-8859-1",
}  # fmt: skip
"""MSH-18 (HL7 table 0211, and how some systems write it) -> Python's name."""
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
MSH = Place("MSH")

Parts = list[list[str]]
"""One repetition of a field: its components, each with its subcomponents."""


class Segment:
    """One segment.

    :ivar name: ``PID``.
    :ivar sequence: which of this name in the message, from 1.
    :ivar raw: as it was sent.
    """

    def __init__(self, name: str, sequence: int, parsed: Sequence[Any], escape: "Escape") -> None:
        self.name = name
        self.sequence = sequence
        self._parsed = parsed
        self._escape = escape
        self.raw = str(parsed)

    def place(self, field: int = 0, repetition: int = 0, component: int = 0) -> Place:
        """For an ERR segment."""
        return Place(self.name, self.sequence, field, repetition, component)

    def repetitions(self, field: int) -> list[Parts]:
        """Those that are not empty; HL7's null ``""`` is empty too: nothing is deleted by a message."""
        if field >= len(self._parsed):
            return []
        found = [self._parts(one) for one in self._parsed[field]]
        return [one for one in found if any(text for component in one for text in component)]

    def text(self, field: int, component: int = 1) -> str:
        """The first repetition's component, without blanks around it; empty when there is none."""
        first = next(iter(self.repetitions(field)), [])
        return component_of(first, component)

    def _parts(self, repetition: Any) -> Parts:
        components = [repetition] if isinstance(repetition, str) else list(repetition)
        return [[self._escape.read(sub) for sub in ([c] if isinstance(c, str) else c)] for c in components]


def component_of(parts: Parts, number: int, sub: int = 1) -> str:
    """A component (from 1) of one repetition; empty when there is none."""
    if number > len(parts) or sub > len(parts[number - 1]):
        return ""
    return parts[number - 1][sub - 1]


class Escape:
    """Escape sequences with the separators of one message (HL7 v2.5.1, 2.7)."""

    def __init__(self, separators: str, escape: str) -> None:
        self.field, self.repetition, self.component, self.sub = separators[1:5]
        self.escape = escape
        self._words = {
            "F": self.field, "R": self.repetition, "S": self.component, "T": self.sub, "E": escape, ".br": "\n", ".sp": "\n",
        }  # fmt: skip
        self._sequence = re.compile(re.escape(escape) + "([^" + re.escape(escape) + "]*)" + re.escape(escape))

    def read(self, text: str) -> str:
        """Plain text: known sequences read, unknown ones and control characters left out, blanks around it too."""
        if text == '""':
            return ""
        if self.escape and self.escape in text:
            text = self._sequence.sub(self._read_one, text)
        return _CONTROL.sub("", text).strip()

    def _read_one(self, found: re.Match[str]) -> str:
        word = found[1]
        if word[:1] == "X" and re.fullmatch(r"([0-9A-Fa-f]{2})+", word[1:]):
            return bytes.fromhex(word[1:]).decode("latin-1")
        return self._words.get(word, "")

    def write(self, text: str) -> str:
        """Text that may stand in a field."""
        words = {self.escape: "E", self.field: "F", self.repetition: "R", self.component: "S", self.sub: "T"}
        return "".join(
            f"{self.escape}{words[c]}{self.escape}" if c in words else " " if c in "\r\n" else c for c in text
        )


STANDARD = Escape("\r|~^&", "\\")


class Message:
    """One message, read. Raises Refused for what cannot be read at all."""

    def __init__(self, content: bytes) -> None:
        self.charset = charset(content)
        text = _decoded(content, self.charset)
        parsed = _parsed(text)
        self.escape = Escape(parsed.separators, parsed.esc)
        counted: dict[str, int] = {}
        self.segments: list[Segment] = []
        for one in parsed:
            name = str(one[0])
            counted[name] = counted.get(name, 0) + 1
            self.segments.append(Segment(name, counted[name], one, self.escape))
        self.header = self.segments[0]
        self.control = self.header.text(10)
        self.application, self.facility = self.header.text(3), self.header.text(4)

    @property
    def event(self) -> str:
        """``ADT^A01``."""
        return f"{self.header.text(9, 1)}^{self.header.text(9, 2)}"

    def one(self, name: str) -> Segment | None:
        """The first segment of a name."""
        return next((segment for segment in self.segments if segment.name == name), None)

    def need(self, name: str) -> Segment:
        """The same. Raises Refused when there is none."""
        found = self.one(name)
        if found is None:
            raise Refused(
                MISSING_SEGMENT, Place(name), "The segment %(segment)s is missing. Add it and send again.", segment=name
            )
        return found

    def only(self, name: str) -> Segment:
        """The one segment of a name. Raises Refused when there is none, or more than one."""
        found = self.need(name)
        for second in self.segments:
            if second.name == name and second.sequence == 2:
                raise Refused(
                    MISSING_SEGMENT, second.place(), "One message is about one person. Send a message for each person."
                )
        return found


def header_of(content: bytes) -> Message | None:
    """The header alone of a message that could not be read, so that its answer can name its control id."""
    fields = content.lstrip(b"\r\n ").partition(b"\r")[0].partition(b"\n")[0]
    between = fields[3:4] or b"|"
    try:
        return Message(between.join(fields.split(between)[:17]).decode("ascii", "replace").encode("ascii", "replace"))
    except Refused:
        return None


def need(segment: Segment, field: int, component: int = 1) -> str:
    """The text of a field. Raises Refused when it is empty."""
    text = segment.text(field, component)
    if not text:
        place = segment.place(field)
        raise Refused(MISSING_FIELD, place, "%(place)s is empty. Fill it and send again.")
    return text


def charset(content: bytes) -> str:
    """Python's name of the characters, from MSH-18. Raises Refused for one that is not read here."""
    first = content.lstrip(b"\r\n ").partition(b"\r")[0]
    if first[:3] != b"MSH" or len(first) < 8:
        raise Refused(WRONG_TYPE, MSH, "A message begins with MSH and its separators. Batches are not taken.")
    fields = first.split(first[3:4])
    named = fields[17].decode("ascii", "replace").split(chr(first[5]))[0].strip().upper() if len(fields) > 17 else ""
    if named not in CHARSETS:
        raise Refused(
            NOT_IN_TABLE, Place("MSH", 1, 18),
            "These characters are not read here. Send UNICODE UTF-8 or 8859/1 and say so in MSH-18.",
        )  # fmt: skip
    return CHARSETS[named]


def _decoded(content: bytes, charset: str) -> str:
    try:
        return content.decode(charset)
    except UnicodeDecodeError:
        raise Refused(
            WRONG_FORM, Place("MSH", 1, 18),
            "The message is not written in the characters that MSH-18 names. Name the right ones there: UNICODE UTF-8 or 8859/1.",
        ) from None  # fmt: skip


def _parsed(text: str) -> hl7.Message:
    lines = [line for line in re.split(r"\r\n|\r|\n", text) if line.strip()]
    header = lines[0].lstrip()
    lines[0] = header
    separators = header[3] + header[4:].split(header[3])[0]
    if (
        len(set(separators)) != len(separators)
        or len(separators) not in (4, 5, 6)
        or any(c.isalnum() for c in separators)
    ):
        raise Refused(
            WRONG_FORM, Place("MSH", 1, 2), "The separators in MSH-1 and MSH-2 are not usable. Send the usual ones."
        )
    for number, line in enumerate(lines, 1):
        if (
            not re.fullmatch(r"[A-Z][A-Z0-9]{2}", line[:3])
            or line[3:4] not in ("", separators[0])
            or (line[:3] == "MSH") != (number == 1)
        ):
            raise Refused(
                MISSING_SEGMENT,
                MSH,
                "Line %(number)s is no segment. A segment ends with a carriage return.",
                number=number,
            )
    if (
        len(lines) > MOST_SEGMENTS
        or sum(text.count(c) for c in separators[:3]) + text.count(separators[-1]) > MOST_PARTS
    ):
        raise Refused(
            TOO_LARGE, MSH, "The message is too large: at most %(segments)s segments and %(parts)s fields. Send it in parts.",
            segments=MOST_SEGMENTS, parts=MOST_PARTS,
        )  # fmt: skip
    return hl7.parse("\r".join(lines))


def each(message: Message, name: str) -> Iterator[Segment]:
    """All segments of a name, in order."""
    return (segment for segment in message.segments if segment.name == name)
