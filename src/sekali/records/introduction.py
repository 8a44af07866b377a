"""Who a stranger is, as far as an introduction goes: what may be asked back ("is that you?"), and no number that the asker did
not name.

A facility's system finds a person before anything connects the two. It needs to know that it found the right one; it does not
need the NIK, the address and the family of whoever has a known name and birth date.
"""

from dataclasses import replace
from typing import Any

from sekali import fhir, kernel

from .stored import Stored

_KEPT = frozenset(
    {
        "resourceType", "id", "meta", "active", "name", "gender", "birthDate", "deceasedBoolean", "deceasedDateTime",
        "multipleBirthBoolean", "multipleBirthInteger", "link", "identifier",
    }
)  # fmt: skip


def introduced(one: Stored, named: frozenset[str]) -> Stored:
    """A Patient without what an introduction does not tell, marked as a part (SUBSETTED).

    :param named: values of numbers that the asker named; of the person's own numbers those come back.
    """
    told = fhir.subset(one.content, one.type, _KEPT, "false")
    members = kernel.members(told)
    numbers = [number for number in one.resource.get("identifier", ()) if number.get("value") in named]
    members.pop("identifier", None)
    if numbers:
        members["identifier"] = kernel.Raw(kernel.encode(numbers))
    return replace(one, content=kernel.encode(members))


def numbers_of(resource: dict[str, Any]) -> frozenset[str]:
    """The values of the identifiers that a Patient names, as an asker sends them: anything may be in it."""
    found = resource.get("identifier")
    values = [one.get("value") for one in found if isinstance(one, dict)] if isinstance(found, list) else []
    return frozenset(value for value in values if isinstance(value, str))
