"""Search by the letter, over values that somebody else's FHIRPath engine found: slow, plain, and written apart from ours.

It decides whether one resource fits one question, from https://hl7.org/fhir/R4/search.html. Where the standard leaves a
choice it takes the one that docs/conformance.md states (strings: every word asked for begins some word that is there).
"""

import re
import unicodedata
from calendar import monthrange
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import ucum_engine
from fhirpath_engine import Found

UCUM = "http://unitsofmeasure.org"
BEGINNING, END = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)
CONTACTS = ("phone", "fax", "email", "pager", "url", "sms", "other")
DATES = {f"FHIR.{type}" for type in ("date", "dateTime", "instant", "Period", "Timing")}
NAMES = ("text", "family", "given", "prefix", "suffix", "line", "city", "district", "state", "postalCode", "country")
MOMENT = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?)?)?$")


def fits(kind: str, found: list[Found], modifier: str, value: str) -> bool:
    """Whether the values found answer the question."""
    if modifier == "missing":
        return (not found) == (value == "true")
    if modifier == "not":
        return not fits(kind, found, "", value)
    return any(_one(kind, one, modifier, value) for one in found)


def filtered(kind: str, found: list[Found], operator: str, value: str) -> bool:
    """A condition of ``_filter``: https://hl7.org/fhir/R4/search_filter.html."""
    if operator == "pr":
        return bool(found) == (value == "true")
    if kind in ("date", "number", "quantity"):
        return any(_one(kind, one, "", operator + value) for one in found)
    if kind == "string":
        wanted, words = " ".join(plain(value)), [" ".join(plain(text)) for one in found for text in texts(one.value)]
        return {
            "eq": wanted in words, "ne": any(one != wanted for one in words), "co": any(wanted in one for one in words),
            "sw": any(one.startswith(wanted) for one in words), "ew": any(one.endswith(wanted) for one in words),
        }[operator]  # fmt: skip
    if (kind, operator) == ("token", "ne"):
        return any(code and value not in (code, f"{s}|{code}") for one in found for s, code in codes(one.value))
    if (kind, operator) == ("uri", "sw"):
        return any(_one(kind, one, "below", value) for one in found)
    assert operator in ("eq", "re")
    return any(_one(kind, one, "", value) for one in found)


def _one(kind: str, one: Found, modifier: str, value: str) -> bool:
    match kind:
        case "token":
            return _token(one.value, value)
        case "reference":
            return value in _references(one.value)
        case "string":
            return _string(one.value, modifier, value)
        case "uri":
            text = str(one.value)
            return {"": text == value, "below": text.startswith(value), "above": value.startswith(text)}[modifier]
        case "date":
            return one.type in DATES and any(_date(there, value) for there in spans(one.value))
        case "number" | "quantity":
            return _number(one.value, value)
    raise AssertionError(kind)


def codes(value: Any) -> list[tuple[str, str]]:
    """(system, code) of a value that can be found by a token."""
    if isinstance(value, bool):
        return [("http://terminology.hl7.org/CodeSystem/special-values", str(value).lower())]
    if isinstance(value, str):
        return [("", value)]
    if "coding" in value or ("text" in value and "system" not in value):
        return [(one.get("system", ""), one.get("code", "")) for one in value.get("coding", [])]
    if value.get("system") in CONTACTS and "value" in value:
        return [("", value["value"])]  # a ContactPoint's system is no code system
    return [(value.get("system", ""), value.get("code") or value.get("value") or "")]


def _token(value: Any, asked: str) -> bool:
    system, bar, code = asked.partition("|")
    if not bar:
        return any(c == asked for _, c in codes(value))
    return any((s, c) == (system, code) if code else s == system and c for s, c in codes(value))


def _references(value: Any) -> list[str]:
    if isinstance(value, dict) and "resourceType" in value:  # a Bundle's entry
        return [f"{value['resourceType']}/{value.get('id')}"]
    text = value.get("reference", "") if isinstance(value, dict) else value
    return [text, text.partition("|")[0]] if text else []


def texts(value: Any) -> list[str]:
    """The strings of a name, an address or a string."""
    if isinstance(value, str):
        return [value]
    found = []
    for name in NAMES:
        part = value.get(name, [])
        found += part if isinstance(part, list) else [part]
    return [one for one in found if isinstance(one, str)]


def plain(text: str) -> list[str]:
    """Words without case, accents and punctuation."""
    letters = unicodedata.normalize("NFD", text.lower())
    return re.findall(r"[a-z0-9]+", letters.encode("ascii", "ignore").decode())


def _string(value: Any, modifier: str, asked: str) -> bool:
    if modifier == "exact":
        return asked in texts(value)
    if modifier == "contains":
        return any(" ".join(plain(asked)) in " ".join(plain(text)) for text in texts(value))
    words = [word for text in texts(value) for word in plain(text)]
    return all(any(word.startswith(part) for word in words) for part in plain(asked))


def span(text: str) -> tuple[datetime, datetime]:
    """First and last moment of a date as it was written."""
    assert MOMENT.match(text), text
    year, month, day, hour, minute, second, fraction, zone = MOMENT.match(text).groups()
    first = datetime(
        int(year), int(month or 1), int(day or 1), int(hour or 0), int(minute or 0), int(second or 0), tzinfo=UTC
    )
    if fraction:
        first += timedelta(microseconds=int(f"{fraction[1:]:0<6}"[:6]))
    last_day = int(day) if day else monthrange(first.year, int(month) if month else 12)[1]
    last = first.replace(month=int(month or 12), day=last_day) if not hour else first
    if not hour:
        last = last.replace(hour=23, minute=59, second=59, microsecond=999999)
    elif not fraction:
        last = last.replace(second=59 if second is None else int(second), microsecond=999999)
    if zone and zone != "Z":
        shift = timedelta(hours=int(zone[1:3]), minutes=int(zone[4:])) * (-1 if zone[0] == "+" else 1)
        first, last = first + shift, last + shift
    return first, last


def spans(value: Any) -> list[tuple[datetime, datetime]]:
    """Of a date, Period or Timing."""
    if isinstance(value, str):
        return [span(value)]
    if "event" in value:
        each = [span(one) for one in value["event"]]
        return [(min(a for a, _ in each), max(b for _, b in each))]
    if "repeat" in value or "code" in value:
        value = value.get("repeat", {}).get("boundsPeriod")
        if value is None:
            return []
    return [
        (span(value["start"])[0] if "start" in value else BEGINNING, span(value["end"])[1] if "end" in value else END)
    ]


def _date(there: tuple[datetime, datetime], asked: str) -> bool:
    prefix, text = (asked[:2], asked[2:]) if asked[:2].isalpha() else ("eq", asked)
    (low, high), (first, last) = there, span(text)
    within = first <= low and high <= last
    return {
        "eq": within, "ne": not within, "gt": high > last, "lt": low < first, "ge": high > last or within,
        "le": low < first or within, "sa": low > last, "eb": high < first,
    }[prefix]  # fmt: skip


def _number(value: Any, asked: str) -> bool:
    prefix, text = (asked[:2], asked[2:]) if asked[:2].isalpha() else ("eq", asked)
    text, _, unit = text.partition("|")
    measures = [value]
    if isinstance(value, dict):
        measures = [value[end] for end in ("low", "high") if end in value] or [value]
    elif unit:
        return False
    low, high = _bounds(value)
    if low is None:
        return False
    if unit and not all((one.get("system"), one.get("code")) == tuple(unit.split("|")) for one in measures):
        system, _, code = unit.partition("|")
        if system != UCUM or any(one.get("system") != UCUM or "code" not in one for one in measures):
            return False
        ends = [_converted(end, one["code"], code) for end, one in ((low, measures[0]), (high, measures[-1]))]
        if None in ends:
            return False
        low, high = ends
    number = Decimal(text)
    half = Decimal(1).scaleb(number.as_tuple().exponent) / 2
    within = number - half <= low and high < number + half
    return {
        "eq": within, "ne": not within, "gt": high > number, "lt": low < number, "ge": high >= number, "le": low <= number,
        "sa": low > number, "eb": high < number,
    }[prefix]  # fmt: skip


def _converted(value: Decimal, of: str, to: str) -> Decimal | None:
    """Without the noise of binary fractions. What is infinite stays so."""
    found = ucum_engine.convert(float(value) if value.is_finite() else 1.0, of, to)
    if found is None:
        return None
    return Decimal(f"{found:.12g}") if value.is_finite() else value


def _bounds(value: Any) -> tuple[Decimal | None, Decimal | None]:
    if isinstance(value, str):
        return None, None
    if not isinstance(value, dict):
        return Decimal(str(value)), Decimal(str(value))
    if "low" in value or "high" in value:
        low, high = (value.get(end, {}).get("value") for end in ("low", "high"))
        return (Decimal("-inf") if low is None else Decimal(str(low))), (
            Decimal("inf") if high is None else Decimal(str(high))
        )
    if value.get("value") is None:
        return None, None
    number = Decimal(str(value["value"]))
    sign = value.get("comparator", "")
    return (Decimal("-inf") if "<" in sign else number), (Decimal("inf") if ">" in sign else number)
