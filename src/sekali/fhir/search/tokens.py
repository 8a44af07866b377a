"""Tokens: codes and identifiers (https://hl7.org/fhir/R4/search.html#token)."""

from collections.abc import Iterator
from typing import Any, NamedTuple


class Token(NamedTuple):
    """One code. ``system`` is empty where the value has none; ``text`` is what people read."""

    system: str
    code: str
    text: str


def tokens(value: Any, type: str, implied: str = "") -> Iterator[Token]:
    """The codes of one value: Coding, CodeableConcept, Identifier, ContactPoint, code, boolean, string."""
    if isinstance(value, bool):
        yield Token("http://terminology.hl7.org/CodeSystem/special-values", "true" if value else "false", "")
    elif isinstance(value, str):
        yield Token(implied, value, value)
    elif isinstance(value, dict):
        yield from _of_element(value, type)


def _of_element(value: dict[str, Any], type: str) -> Iterator[Token]:
    if type == "CodeableConcept":
        text = value.get("text", "")
        for coding in value.get("coding", ()):
            yield Token(coding.get("system", ""), coding.get("code", ""), coding.get("display", ""))
        if text:
            yield Token("", "", text)
    elif type == "Identifier":
        yield Token(value.get("system", ""), value.get("value", ""), value.get("type", {}).get("text", ""))
    elif type == "ContactPoint":
        yield Token("", value.get("value", ""), value.get("value", ""))
    else:
        yield Token(value.get("system", ""), value.get("code", ""), value.get("display", ""))


def types_of(identifier: dict[str, Any]) -> Iterator[Token]:
    """The codes of an Identifier's type, for ``:of-type``."""
    for coding in identifier.get("type", {}).get("coding", ()):
        yield Token(coding.get("system", ""), coding.get("code", ""), "")
