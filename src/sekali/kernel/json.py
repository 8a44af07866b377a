"""JSON in and out without changing a number: 1.00 stays 1.00."""

from decimal import Decimal
from typing import Any

import msgspec

from .failures import Fault, Invalid

Raw = msgspec.Raw
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


def _decoded(decoder: msgspec.json.Decoder, content: bytes) -> Any:
    try:
        return decoder.decode(content)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise Invalid("This is not valid JSON.", faults=[Fault("$", str(error))]) from None
