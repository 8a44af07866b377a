"""FHIRPath by an engine that shares nothing with ours: NLM's fhirpath.js.

For tests of search: what a parameter's expression finds in a resource, by somebody else's reading of it.
"""

import json
import re
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

PROGRAM = Path(__file__).with_name("evaluator.mjs")

_RESOLVES = re.compile(r"where\(\s*resolve\(\)\s+is\s+(\w+)\s*\)")
_HAS_EXTENSION = re.compile(r"\bhasExtension\(\s*('[^']*')\s*\)")
_AS_WORD = re.compile(r"\s+as\s+(?:FHIR\.)?(\w+)")
_AS_CALL = re.compile(r"\.as\(\s*(?:FHIR\.)?(\w+)\s*\)")


class Found(NamedTuple):
    """One value, as JSON has it (numbers are JavaScript's), and its type as the engine names it: ``FHIR.Period``."""

    type: str
    value: Any


class CannotEvaluate(Exception):
    """The engine refuses an expression; says which, and for which resource."""


def offline(expression: str) -> str:
    """The expression as the engine can evaluate it without fetching anything; see evaluator.mjs.

    >>> offline("Flag.subject.where(resolve() is Patient)")
    "Flag.subject.refersTo('Patient')"
    >>> offline("(Observation.value as Quantity) | Condition.onset.as(Age)")
    '(Observation.value.ofType(Quantity)) | Condition.onset.ofType(Age)'
    """
    text = _RESOLVES.sub(r"refersTo('\1')", expression)
    text = _HAS_EXTENSION.sub(r"extension(\1).exists()", text)
    text = _AS_CALL.sub(r".ofType(\1)", _AS_WORD.sub(r".ofType(\1)", text))
    if "resolve(" in text:
        raise CannotEvaluate(f"resolve() of this form is not known here: {expression}")
    return text


def alternatives(expression: str) -> list[str]:
    """What stands between the outermost ``|``. A union compares all values, and the engine cannot compare each kind.

    >>> alternatives("A.b | A.c.where(d = '|') | (A.e | A.f).g")
    ['A.b', "A.c.where(d = '|')", '(A.e | A.f).g']
    """
    parts, depth, quoted = [""], 0, False
    for character in expression:
        quoted ^= character == "'"
        depth += 0 if quoted else (character == "(") - (character == ")")
        if character == "|" and not depth and not quoted:
            parts.append("")
        else:
            parts[-1] += character
    return [part.strip() for part in parts]


def evaluate(resources: Iterable[dict[str, Any]], expressions: Sequence[str]) -> list[list[list[Found]]]:
    """What each expression finds in each resource: ``evaluate(…)[resource][expression]``. One node process for all.

    Raises CannotEvaluate.
    """
    parts = [[offline(part) for part in alternatives(one)] for one in expressions]
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", suffix=".ndjson") as file:
        names = []
        for one in resources:
            names.append(f"{one['resourceType']}/{one.get('id')}")
            file.write(json.dumps(one) + "\n")
        file.flush()
        done = subprocess.run(
            ["node", str(PROGRAM), file.name], input=json.dumps(list(chain.from_iterable(parts))),
            capture_output=True, encoding="utf-8", timeout=300,
        )  # fmt: skip
    if done.returncode:
        raise CannotEvaluate(done.stderr[-2000:])
    answers = [json.loads(line) for line in done.stdout.split("\n") if line]
    assert len(answers) == len(names), "one answer for each resource"
    return [_row(iter(answer), parts, name) for answer, name in zip(answers, names, strict=True)]


def _row(answer: Iterator[Any], parts: list[list[str]], name: str) -> list[list[Found]]:
    """The answers of one resource, expression by expression; a union has each value once."""
    row = []
    for alternative in parts:
        values: list[Found] = []
        for part in alternative:
            found = _values(next(answer), part, name)
            values += [one for one in found if one not in values] if len(alternative) > 1 else found
        row.append(values)
    return row


def _values(found: Any, expression: str, name: str) -> list[Found]:
    if isinstance(found, dict):
        raise CannotEvaluate(f"{expression} on {name}: {found['error']}")
    return [Found(one["type"], one["value"]) for one in found]
