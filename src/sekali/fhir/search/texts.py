"""Strings: folded, and what of a name or an address is a string. https://hl7.org/fhir/R4/search.html#string"""

import unicodedata
from collections.abc import Iterator
from typing import Any

_MEMBERS = {
    "HumanName": ("text", "family", "given", "prefix", "suffix"),
    "Address": ("text", "line", "city", "district", "state", "postalCode", "country"),
}


_SPACED = bytes(n if chr(n).isalnum() else 32 for n in range(128)) + bytes(128)


def fold(text: str) -> str:
    """Lower case, without accents and punctuation, one space between words."""
    plain = text if text.isascii() else unicodedata.normalize("NFKD", text)
    return b" ".join(plain.encode("ascii", "ignore").lower().translate(_SPACED).split()).decode()


def strings(value: Any, type: str) -> Iterator[str]:
    """The texts of one value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for member in _MEMBERS.get(type, ("text",)):
            found = value.get(member)
            yield from found if isinstance(found, list) else (found,) if isinstance(found, str) else ()


def begins(wanted: str, found: list[str]) -> bool:
    """Every word wanted begins some word of what is there: more forgiving than R4's "starts with", never less."""
    words = [word for text in found for word in fold(text).split()]
    return all(any(word.startswith(part) for word in words) for part in wanted.split())
