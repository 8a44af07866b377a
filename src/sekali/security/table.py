"""The access table as it is kept: ``data/access.tsv``, one line for each thing that somebody may do.

``data/words.tsv`` says what the names in it stand for: groups of kinds of resource, and legal grounds.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sekali import fhir

DATA = Path(__file__).parent / "data"
_WHOLE = {"@all": frozenset(fhir.TYPES), "@person": frozenset(fhir.PERSON_TYPES)}


@dataclass(frozen=True, slots=True)
class Line:
    """One line: the names as they are written, and the kinds that they come to.

    :ivar names: column -> names, for reading.
    :ivar sensitive: ``consent`` or ``all``.
    """

    names: dict[str, tuple[str, ...]]
    roles: tuple[str, ...]
    purpose: str
    relations: tuple[str, ...]
    reads: frozenset[str]
    writes: frozenset[str]
    cared: frozenset[str]
    introduced: frozenset[str]
    sensitive: str
    ground: str


@cache
def lines() -> tuple[Line, ...]:
    """The whole policy. The first line that fits decides; what no line allows is refused."""
    return tuple(map(_line, rows("access")))


@cache
def words(table: str) -> dict[str, tuple[str, str]]:
    """``kinds`` or ``ground``: name -> (contents, meaning)."""
    return {row["name"]: (row["contents"], row["meaning"]) for row in rows("words") if row["table"] == table}


def rows(name: str) -> Iterator[dict[str, str]]:
    """The lines of a table of this folder."""
    with (DATA / f"{name}.tsv").open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)


def _line(row: dict[str, str]) -> Line:
    columns = {
        name: tuple(row[name].split()) for name in ("roles", "relations", "reads", "writes", "cared", "introduced")
    }
    return Line(
        columns, columns["roles"], row["purpose"], columns["relations"], kinds(columns["reads"]),
        kinds(columns["writes"]), kinds(columns["cared"]), kinds(columns["introduced"]), row["sensitive"],
        words("ground")[row["ground"]][1],
    )  # fmt: skip


def kinds(names: tuple[str, ...]) -> frozenset[str]:
    """The kinds that names come to: a group, ``-`` before what is taken out of it, or a kind itself."""
    found: frozenset[str] = frozenset()
    for name in names:
        one = _group(name.removeprefix("-"))
        found = found - one if name.startswith("-") else found | one
    return found


@cache
def _group(name: str) -> frozenset[str]:
    if name in _WHOLE:
        return _WHOLE[name]
    contents = tuple(words("kinds").get(name, ("", ""))[0].split())
    return frozenset({name}) if contents in ((), (name,)) else kinds(contents)
