"""What the compiled validator found, said so that somebody can mend it, and without the value that was sent.

A value may be a person's birth date or name; what is said here goes into answers, logs and files.
"""

import re

from .definitions import R4

_NOT_VALID = re.compile(r'".*" is not a valid (\w+)', re.DOTALL)
_ZONE = "2026-11-23T08:00:00+07:00"
_URI = "must be an address without blanks, such as http://hl7.org/fhir/sid/icd-10"
_FORMS = {
    "date": "must be a date such as 1990-11-23",
    "dateTime": f"must be a date such as 2026-11-23, or with time and zone such as {_ZONE}",
    "instant": f"must be a time with zone such as {_ZONE}",
    "time": "must be a time such as 08:00:00",
    "uri": _URI,
    "url": _URI,
    "canonical": _URI,
    "oid": "must be an OID such as urn:oid:2.16.360.1",
    "uuid": "must be a UUID such as urn:uuid:0f2c…",
    "id": "must be an id: at most 64 letters, digits, hyphens and dots",
    "code": "must be a code without blanks at its ends",
    "base64Binary": "must be base64",
    "markdown": "must be text that is not empty",
    "string": "must be text that is not empty",
}
"""Type -> what it looks like."""
_SHAPES = {
    "Address": '{"line":["…"],"city":"…"}',
    "CodeableConcept": '{"coding":[{"system":"http://…","code":"…"}]}',
    "Coding": '{"system":"http://…","code":"…"}',
    "ContactPoint": '{"system":"phone","value":"…"}',
    "HumanName": '{"text":"…"}',
    "Identifier": '{"system":"http://…","value":"…"}',
    "Period": f'{{"start":"{_ZONE}"}}',
    "Quantity": '{"value":1,"unit":"…"}',
    "Reference": '{"reference":"Type/id"}',
}
"""Type -> an example of its shape."""


def worded(path: str, message: str) -> str:
    """The validator's message about the element at ``path`` in our words."""
    if found := _NOT_VALID.fullmatch(message):
        return _FORMS.get(found[1], f"must be a valid {found[1]}")
    if message.startswith(("expected an object", "expected an array")):
        shape = _SHAPES.get(_type_at(path), "{…}")
        return f"{message}; write {f'[{shape}]' if 'an array,' in message else shape}"
    return message


def _type_at(path: str) -> str:
    """The FHIR type of an element; empty where it is not known."""
    type, *names = re.sub(r"\[\d+\]", "", path).split(".")
    for name in names:
        element = R4.elements.get(type, {}).get(name)
        if element is None:
            return ""
        type = element.types[0] if element.types else ""
    return type
