"""The acknowledgement: MSH, MSA, and an ERR for each thing that the sender should know (HL7 v2.5.1, 2.14.2).

Words of ERR-7 are English for the engineer, of ERR-8 Indonesian for the one at the desk. No value of the message comes
back but its control id.
"""

from collections.abc import Sequence

from sekali import kernel

from .message import CHARSETS, STANDARD, Message
from .refusals import NAMES, REJECTS, Note, Place, Refused

LONGEST_CONTROL = 199
_BEFORE_2_5 = ("2.1", "2.2", "2.3", "2.3.1", "2.4")


def accepted(message: Message, notes: Sequence[Note] = ()) -> bytes:
    """AA, with what the sender should know."""
    errors = [_error(message, note.code, note.place, note.severity, note.message, {}) for note in notes[:20]]
    return _answer(message, "AA", errors)


def refused(message: Message | None, refusal: Refused) -> bytes:
    """AE, or AR where the content is not to blame. ``message`` is None when it could not be read."""
    code = "AR" if refusal.code in REJECTS else "AE"
    return _answer(message, code, [_error(message, refusal.code, refusal.place, "E", refusal.message, refusal.params)])


def _answer(message: Message | None, code: str, errors: list[str]) -> bytes:
    escape = message.escape if message else STANDARD
    between = escape.field
    control = message.control[:LONGEST_CONTROL] if message else ""
    version = (message.header.text(12) if message else "") or "2.5.1"
    event = message.header.text(9, 2) if message else ""
    kind = escape.component.join(["ACK", *([escape.write(event[:10]), "ACK"] if event else [])])
    header = [
        "MSH", "".join((escape.component, escape.repetition, escape.escape, escape.sub)), "SEKALI", "SEKALI",
        escape.write(message.application[:180] if message else ""), escape.write(message.facility[:180] if message else ""),
        f"{kernel.now():%Y%m%d%H%M%S}+0000", "", kind, kernel.new_id(kernel.CITY).hex[12:], "P", escape.write(version[:10]),
    ]  # fmt: skip
    segments = [between.join(header), between.join(["MSA", code, escape.write(control)]), *errors]
    encoding = message.charset if message else CHARSETS[""]
    return ("\r".join(segments) + "\r").encode(encoding, "replace")


def _error(
    message: Message | None, code: int, place: Place, severity: str, words: str, params: dict[str, object]
) -> str:
    escape = message.escape if message else STANDARD
    name = NAMES[code]
    old = ""
    if message and message.header.text(12) in _BEFORE_2_5:
        old = escape.component.join(
            [place.segment, str(place.sequence), _or_empty(place.field), f"{code}{escape.sub}{name}"]
        )
    location = [place.segment, str(place.sequence), *(_or_empty(n) for n in place[2:])]
    while not location[-1]:
        location.pop()
    coded = escape.component.join([str(code), name, "HL70357"])
    english, indonesian = (escape.write(kernel.translate(language, words, **params)) for language in ("en", "id"))
    return escape.field.join(
        ["ERR", old, escape.component.join(location), coded, severity, "", "", english, indonesian]
    )


def _or_empty(number: object) -> str:
    return str(number) if number else ""
