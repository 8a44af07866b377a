"""JSON in and out without changing a number: 1.00 stays 1.00."""

import re
from decimal import Decimal
from itertools import accumulate
from typing import Any

import msgspec

from .failures import Fault, Invalid

Raw = msgspec.Raw
DEEPEST = 64
"""Levels of nesting; FHIR resources have about a dozen."""
_ESCAPED, _STRING = re.compile(rb"\\.", re.DOTALL), re.compile(rb'"[^"]*"')
_NO_MARK = bytes(set(range(256)) - set(b'"[]{}'))
_STEP = bytes.maketrans(b"[{]}", b"\x01\x01\xff\xff")
"""What begins and ends a level as +1 and -1."""
_encoder = msgspec.json.Encoder(decimal_format="number")
_decoder = msgspec.json.Decoder(float_hook=Decimal)
_members = msgspec.json.Decoder(dict[str, msgspec.Raw])

encode = _encoder.encode
"""Any object to JSON bytes; ``Decimal`` becomes a number with its own digits, dates become ISO text."""


def decode(content: bytes) -> Any:
    """JSON bytes to objects; a number with a point becomes a ``Decimal``. Raises Invalid with the place."""
    return _decoded(_decoder, content)


def members(content: bytes) -> dict[str, Raw]:
    """The members of a JSON object, each as the exact bytes that were sent. Raises Invalid."""
    return _decoded(_members, content)


def require_shallow(content: bytes) -> None:
    """Refuse nesting that would only exhaust a parser. It may be megabytes, so nothing here goes byte by byte. Raises Invalid."""
    if content.count(b"{") + content.count(b"[") <= DEEPEST:  # most resources
        return
    if b"\\" in content:
        content = _ESCAPED.sub(b"", content)
    marks = content.translate(_STEP, _NO_MARK).replace(b'""', b"")  # before each that is left: as many, or two fewer
    steps = _STRING.sub(b"", marks).replace(b'"', b"")
    if max(accumulate(memoryview(steps).cast("b")), default=0) > DEEPEST:
        raise Invalid(faults=[Fault("$", f"more than {DEEPEST} levels of nesting")])


def _decoded(decoder: msgspec.json.Decoder, content: bytes) -> Any:
    try:
        return decoder.decode(content)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise Invalid("This is not valid JSON.", faults=[Fault("$", str(error))]) from None
