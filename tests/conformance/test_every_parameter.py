"""HL7's own examples, found by every search parameter that has a value in them, against an independent evaluator.

The definitions of the parameters come from the examples' package too, so nothing here is taken from our compiled tables.
"""

import json
import random
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

import naive
import pytest
import pytest_asyncio
import ucum_engine
from examples import examples, needs_npm, paths
from fhirpath_engine import Found, evaluate

from sekali import app, fhir, kernel, security

MOST_OF_A_TYPE = 25
QUESTIONS = 6
"""Random questions for each parameter, besides those made from each value that is there."""
KINDS = ("token", "reference", "string", "uri", "date", "number", "quantity")
GROUPS = 8
pytestmark = [needs_npm, pytest.mark.shows("every R4 search parameter")]


@dataclass(frozen=True)
class Definition:
    """A search parameter as HL7 publishes it."""

    name: str
    kind: str
    expression: str


@cache
def definitions() -> dict[str, list[Definition]]:
    """type -> its parameters; those of every resource are looked at in test_searching.py."""
    found: dict[str, dict[str, Definition]] = defaultdict(dict)
    for path in paths("SearchParameter"):
        one = json.loads(path.read_text(encoding="utf-8"))
        if (
            one["type"] in KINDS
            and one.get("expression")
            and not one["code"].startswith("_")
            and "example" not in one["id"]
        ):
            for base in one["base"]:
                if base in fhir.SEARCH and one["code"] in fhir.SEARCH[base]:
                    found[base][one["code"]] = Definition(one["code"], one["type"], _expression(one))
    return {type: list(own.values()) for type, own in sorted(found.items())}


def _expression(parameter: dict[str, Any]) -> str:
    """Of a Bundle's first entry, only what is of the kind that the definition names apart (its ``target``)."""
    text = parameter["expression"]
    return f"{text}.ofType({parameter['target'][0]})" if text == "Bundle.entry[0].resource" else text


@cache
def group(number: int) -> list[str]:
    """Some of the types, so that the work is shared."""
    return [type for n, type in enumerate(sorted(definitions())) if n % GROUPS == number]


@pytest_asyncio.fixture(loop_scope="session")
async def lenient(database: kernel.Database, folder) -> app.Sekali:
    """A server that takes what other servers' data sets hold."""
    return await app.build(
        kernel.Settings(data=folder / "data", strict=False, rate_address=None, rate_account=None), database
    )


async def kept(sekali: app.Sekali, type: str) -> dict[str, dict[str, Any]]:
    """Examples of a type, created here: id -> what was read back."""
    load, everyone = (
        security.decide(security.SYSTEM, purpose) for purpose in (security.Purpose.LOAD, security.Purpose.EXPORT)
    )
    found = {}
    if type not in load.writes:
        return found  # nobody writes AuditEvents
    for one in list(examples(type))[:MOST_OF_A_TYPE]:
        try:
            async with sekali.store.change(load) as change:
                made = await change.create(kernel.encode(one))
        except (kernel.Invalid, kernel.Conflict):
            continue  # twelve of HL7's are not valid R4 (docs/conformance.md); some share a Patient's number
        found[str(made.id)] = json.loads((await sekali.store.under(everyone).read(type, made.id)).content)
    return found


def questions(kind: str, values: list[Found], dice: random.Random) -> set[tuple[str, str]]:
    """(modifier, value) made from what is there, and some that are near it."""
    asked: set[tuple[str, str]] = {("missing", "true"), ("missing", "false")}
    for one in values:
        if kind != "date" or one.type in naive.DATES:  # "in January" may stand there too, and is no date
            asked |= set(_from_value(kind, one.value, dice))
    clean = [
        q for q in asked if q[1] and not any(c in q[1] for c in ",$\\") and len(q[1]) < 120 and q[1].strip() == q[1]
    ]
    return set(dice.sample(sorted(clean), min(len(clean), 3 * QUESTIONS)))


def _from_value(kind: str, value: Any, dice: random.Random):
    match kind:
        case "token":
            for system, code in naive.codes(value):
                if "|" not in code:
                    yield from (("", code), ("not", code), *([("", f"{system}|{code}")] if system else []))
        case "reference":
            text = value.get("reference", "") if isinstance(value, dict) else value
            if not isinstance(value, dict) or fhir.split_reference(text):
                yield ("", text)
        case "string":
            for text in naive.texts(value):
                words = naive.plain(text)
                if words:
                    word = dice.choice(words)
                    yield from (("", word), ("", word[:2]), ("exact", text), ("contains", word[1:4] or word))
        case "uri":
            yield from (("", value), ("below", value[: len(value) // 2]), ("above", value + "/x"))
        case "date":
            for text in _moments(value):
                prefix = dice.choice(("eq", "ne", "gt", "lt", "ge", "le", "sa", "eb"))
                yield from (("", text), ("", prefix + text), ("", prefix + text[:7]), ("", prefix + text[:4]))
        case "number" | "quantity":
            for number, unit in _measures(value):
                prefix = dice.choice(("ne", "gt", "lt", "ge", "le", "sa", "eb"))
                yield from (("", number), ("", prefix + number), *([("", f"{number}|{unit}")] if unit else []))
                yield from (("", f"{prefix}{other}") for other in _in_other_units(number, unit))


def _moments(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    found = [value.get("start"), value.get("end"), *value.get("event", [])]
    return [one for one in found if one]


def _in_other_units(number: str, unit: str) -> Iterator[str]:
    """The same amount as somebody else would have written it."""
    system, _, code = unit.partition("|")
    for other in ("mg", "kg", "g/L", "umol/L", "Pa", "h", "/s", "1", "[degF]", "m"):
        found = ucum_engine.convert(float(number), code, other) if system == naive.UCUM else None
        if found:
            yield f"{found:.3g}|{system}|{other}"


def _measures(value: Any) -> list[tuple[str, str]]:
    if not isinstance(value, dict):
        return [(str(value), "")] if isinstance(value, (int, float)) else []
    found = []
    for one in (value, value.get("low", {}), value.get("high", {})):
        if one.get("value") is not None:
            unit = f"{one['system']}|{one['code']}" if "system" in one and "code" in one else ""
            found.append((str(one["value"]), unit))
    return found


@pytest.mark.parametrize("number", range(GROUPS))
async def test_every_parameter_finds_what_an_independent_evaluator_finds(lenient, number: int) -> None:
    stored = {type: await kept(lenient, type) for type in group(number)}
    reader = lenient.store.under(security.decide(security.SYSTEM, security.Purpose.EXPORT))
    asked = 0
    for type, resources in stored.items():
        if not resources:
            continue
        own = definitions()[type]
        table = evaluate(list(resources.values()), [one.expression for one in own])
        for column, definition in enumerate(own):
            found = {id: row[column] for id, row in zip(resources, table, strict=True)}
            dice = random.Random(f"{type}.{definition.name}")
            for modifier, value in questions(definition.kind, [v for vs in found.values() for v in vs], dice):
                expected = {id for id, values in found.items() if naive.fits(definition.kind, values, modifier, value)}
                name = f"{definition.name}:{modifier}" if modifier else definition.name
                page = await reader.search(type, [(name, value), ("_count", "200")])
                assert {str(one.id) for one in page.items} == expected, f"{type}?{name}={value}"
                asked += 1
    assert asked > 300


@pytest.mark.parametrize("number", range(GROUPS))
async def test_every_example_is_updated_remembered_and_deleted(lenient, number: int) -> None:
    load, everyone = (
        security.decide(security.SYSTEM, purpose) for purpose in (security.Purpose.LOAD, security.Purpose.EXPORT)
    )
    for type in group(number):
        for id, resource in list((await kept(lenient, type)).items())[:5]:
            changed = kernel.encode({**resource, "language": "id"})
            async with lenient.store.change(load) as change:
                await change.update(type, UUID(id), changed)
            if type != "Patient":  # who has a record is not deleted
                async with lenient.store.change(load) as change:
                    await change.delete(type, UUID(id))
            versions = await lenient.store.under(everyone).history(type, UUID(id))
            assert [one.version for one in versions] == ([2, 1] if type == "Patient" else [3, 2, 1])
            now = json.loads(versions[-2].content)
            assert {k: v for k, v in now.items() if k not in ("meta", "language")} == {
                k: v for k, v in resource.items() if k not in ("meta", "language")
            }, "nothing but what was changed is changed"


RANDOM = ("Observation", "Patient", "MedicationRequest", "Questionnaire")


async def drawn(sekali: app.Sekali, type: str):
    """Resources of a kind, parameter -> id -> what it finds there, what can be asked (parameter, modifier, value), dice."""
    resources = await kept(sekali, type)
    own = definitions()[type]
    table = evaluate(list(resources.values()), [one.expression for one in own])
    found = {one.name: {id: row[n] for id, row in zip(resources, table, strict=True)} for n, one in enumerate(own)}
    dice = random.Random(type)
    pool = [
        (one, modifier, value)
        for one in own
        for modifier, value in questions(one.kind, [v for vs in found[one.name].values() for v in vs], dice)
    ]
    return resources, found, pool, dice


@pytest.mark.parametrize("type", RANDOM)
async def test_random_questions_joined_by_and_and_or(lenient, type: str) -> None:
    """Three hundred questions of up to three parameters with up to three values each, in any order, page by page."""
    resources, found, pool, dice = await drawn(lenient, type)
    for _ in range(300):
        expected, params = set(resources), []
        for one, modifier, value in dice.sample(pool, dice.randint(1, 3)):
            more = (
                [v for o, m, v in dice.sample(pool, min(30, len(pool))) if (o, m) == (one, modifier)][:2]
                if modifier != "not"
                else []
            )
            values = [value, *more]
            params.append((f"{one.name}:{modifier}" if modifier else one.name, ",".join(values)))
            expected &= {
                id
                for id, there in found[one.name].items()
                if any(naive.fits(one.kind, there, modifier, v) for v in values)
            }
        assert await every_page(lenient, type, params, dice.choice((3, 200))) == expected, f"{type}?{params}"


OPERATORS = {
    "token": ("eq", "ne"), "reference": ("re", "eq"), "string": ("eq", "ne", "co", "sw", "ew"), "uri": ("eq", "sw"),
    "date": ("eq", "ne", "gt", "lt", "ge", "le", "sa", "eb"), "number": ("eq", "ne", "gt", "lt", "ge", "le"),
    "quantity": ("eq", "gt", "le"),
}  # fmt: skip


@pytest.mark.shows("_filter")
@pytest.mark.parametrize("type", RANDOM)
async def test_random_filters(lenient, type: str) -> None:
    """Two hundred trees of and, or and not over conditions made from what is there, page by page."""
    resources, found, questions_, dice = await drawn(lenient, type)
    pool = [
        (one, re.sub("^[a-z]{2}", "", value) if one.kind in ("date", "number", "quantity") else value)
        for one, modifier, value in questions_
        if modifier == "" and '"' not in value
    ]

    def tree(depth: int) -> tuple[str, set[str]]:
        """The text, and what it finds."""
        if depth == 0 or dice.random() < 0.3:
            one, value = dice.choice(pool)
            operator = dice.choice((*OPERATORS[one.kind], "pr"))
            value = dice.choice(("true", "false")) if operator == "pr" else value
            fits = {id for id, there in found[one.name].items() if naive.filtered(one.kind, there, operator, value)}
            written = value if dice.random() < 0.5 and not set(value) & set(" ()[]") else json.dumps(value)
            return f"{one.name} {operator} {written}", fits
        text, fits = tree(depth - 1)
        if dice.random() < 0.25:
            return f"not ({text})", set(resources) - fits
        word, (more, others) = dice.choice(("and", "or")), tree(depth - 1)
        return f"({text}) {word} ({more})", fits & others if word == "and" else fits | others

    for _ in range(200):
        text, expected = tree(dice.randint(0, 3))
        assert await every_page(lenient, type, [("_filter", text)], dice.choice((3, 200))) == expected, (
            f"{type}: {text}"
        )


async def every_page(sekali: app.Sekali, type: str, params: list[tuple[str, str]], count: int) -> set[str]:
    """The ids on all pages; none stands on two."""
    reader = sekali.store.under(security.decide(security.SYSTEM, security.Purpose.EXPORT))
    seen: list[str] = []
    cursor = None
    while True:
        more = [("_cursor", cursor)] if cursor else []
        page = await reader.search(type, [*params, ("_count", str(count)), *more])
        seen += [str(one.id) for one in page.items]
        cursor = page.next
        if cursor is None:
            assert len(seen) == len(set(seen))
            return set(seen)
