"""A correction of who somebody is: which fields can be corrected, what may stand in them, and the Patient that comes of it."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from sekali import kernel

from .duty import Correction, Wished
from .views import Person

FIELDS = ("name", "birth_date", "address", "phone")
LONGEST = {"name": 100, "birth_date": 10, "address": 200, "phone": 20}
OLDEST = 130
"""Years."""


def now_known(person: Person) -> dict[str, str]:
    """What stands in each field."""
    return {"name": person.name, "birth_date": person.birth_date_text, "address": person.address, "phone": person.phone}


def wished(person: Person, typed: Mapping[str, str], today: date) -> tuple[Wished, ...]:
    """The fields that would change; those left empty stay. Raises Invalid: a value that cannot be, or nothing to change."""
    known = now_known(person)
    found = tuple(
        Wished(name, known[name], value)
        for name in FIELDS
        if (value := " ".join(typed.get(name, "").split())) and value != known[name]
    )
    faults = [kernel.Fault(one.field, reason) for one in found if (reason := _wrong(one, today))]
    if faults:
        raise kernel.Invalid(faults=faults)
    if not found:
        raise kernel.Invalid(
            faults=[kernel.Fault("name", "Write in at least one field what should stand there instead.")]
        )
    return found


def _wrong(one: Wished, today: date) -> str:
    """What is wrong with a wished value, as a msgid; empty when it is good."""
    if len(one.wished) > LONGEST[one.field]:
        return "This is longer than it can be."
    if one.field == "name" and len(one.wished) < 2:
        return "Type the name as on the card."
    if one.field == "birth_date":
        try:
            born = date.fromisoformat(one.wished)
        except ValueError:
            return "Write the date as day-month-year, such as 23-11-1990."
        if not today.year - OLDEST <= born.year or born > today:
            return "This is no birth date of somebody alive."
    if one.field == "phone" and not 8 <= sum(letter.isdecimal() for letter in one.wished) <= 15:
        return "A phone number has 8 to 15 digits."
    return ""


def corrected(patient: dict[str, Any], correction: Correction) -> dict[str, Any]:
    """The Patient with the wished values. All that was not asked for stays as it is.

    An address is a sentence now: the administrative codes of the one before may be wrong for it, so they go with it.
    """
    new = dict(patient)
    for one in correction.changes:
        match one.field:
            case "name":
                new["name"] = [{"use": "official", "text": one.wished}, *new.get("name", [])[1:]]
            case "birth_date":
                new["birthDate"] = one.wished
            case "address":
                new["address"] = [{"use": "home", "text": one.wished, "country": "ID"}, *new.get("address", [])[1:]]
            case "phone":
                others = [told for told in new.get("telecom", []) if told.get("system") != "phone"]
                new["telecom"] = [{"system": "phone", "value": one.wished, "use": "mobile"}, *others]
    return new
