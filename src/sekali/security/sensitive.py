"""Sensitive classes: what is shown only with the person's explicit consent.

Which codes and labels are of a class is data: ``data/sensitive.tsv``, or the file that ``SEKALI_SENSITIVE`` names. Codes are
written one by one (``Z21``), as what they begin with (``N05A*``) or from one to another (``B20..B24``, with all below them).
"""

import csv
import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntFlag
from pathlib import Path
from typing import Any

from sekali import kernel

from .table import DATA


class Sensitive(IntFlag):
    """Bits of ``records.resource.sensitive``."""

    GENERAL = 1
    """Of a person who has opted out of sharing, or once had: everything clinical."""
    HIV = 2
    MENTAL = 4
    REPRODUCTIVE = 8
    GENETIC = 16
    VIOLENCE = 32


NONE = Sensitive(0)
CLASSES = {one.name.lower(): one for one in Sensitive if one is not Sensitive.GENERAL}
"""Name in the table -> class."""
LABELS = {"HIV": Sensitive.HIV, "PSY": Sensitive.MENTAL, "SEX": Sensitive.REPRODUCTIVE, "GDIS": Sensitive.GENETIC,
          "SDV": Sensitive.VIOLENCE}  # fmt: skip
"""HL7's label (v3-ActCode) by which a Consent names a class."""


@dataclass(frozen=True, slots=True)
class _Codes:
    """Some codes of one system: from ``first`` to ``last`` as far as those are long, or exactly."""

    system: str
    first: str
    last: str
    exact: bool
    of: Sensitive

    def has(self, system: str, code: str) -> bool:
        """A code without a system is taken for one of ours: rather one too many behind the seal."""
        if system and not system.startswith(self.system):
            return False
        return code == self.first if self.exact else self.first <= code[: len(self.first)] <= self.last

    def beginning(self) -> str:
        """A pattern that each of these codes begins with."""
        same = next((n for n, (a, b) in enumerate(zip(self.first, self.last, strict=True)) if a != b), len(self.first))
        step = f"[{self.first[same]}-{self.last[same]}]" if same < len(self.first) else ""
        return re.escape(self.first[:same]) + step


class Classes:
    """Knows of which classes a resource is. Raises Trouble for a table that cannot be read."""

    def __init__(self, path: Path | None = None) -> None:
        try:
            text = (path or DATA / "sensitive.tsv").read_text(encoding="utf-8")
            rows = csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
            self._codes = [one for row in rows for one in _codes(row)]
            if not self._codes:
                raise ValueError("no line")
        except (OSError, KeyError, TypeError, ValueError) as error:
            raise kernel.Trouble(
                f"SEKALI_SENSITIVE must name a table like src/sekali/security/data/sensitive.tsv ({error!r})."
            ) from None
        self.edition = hashlib.sha256(text.encode()).hexdigest()[:16]
        begins = "|".join(sorted({one.beginning() for one in self._codes}))
        self._perhaps = re.compile(rf'"code"\s*:\s*"(?i:{begins})'.encode())

    def of(self, content: bytes) -> Sensitive:
        """The classes of all codes and labels in a resource, wherever they stand.

        Most are done with after one look at the bytes; only an escaped letter (``\\u0042``) could hide a code from it.
        """
        hidden = b"\\" in content and b"\\u" in content  # one letter is looked for faster than two
        if not hidden and not self._perhaps.search(content):
            return NONE
        found = NONE
        for system, code in _codings(kernel.decode(content)):
            for one in self._codes:
                if one.has(system, code):
                    found |= one.of
        return found


def _codes(row: dict[str, str]) -> Iterator[_Codes]:
    for text in row["codes"].split():
        first, dots, last = text.partition("..")
        if dots and len(first) != len(last):
            raise ValueError(f"{text}: both ends must be equally long")
        begins = first.endswith("*")
        first = first.removesuffix("*").upper()
        # A category of ICD-10 has all its subcategories with it.
        whole = begins or dots or row["system"].endswith("icd-10")
        yield _Codes(row["system"], first, last.upper() or first, not whole, CLASSES[row["class"]])


def _codings(resource: Any) -> Iterator[tuple[str, str]]:
    """(system, code) of everything that looks like a Coding, contained resources too."""
    waiting: list[Any] = [resource]
    while waiting:
        one = waiting.pop()
        if isinstance(one, list):
            waiting += one
        elif isinstance(one, dict):
            code, system = one.get("code"), one.get("system")
            if isinstance(code, str):
                yield (system if isinstance(system, str) else ""), code.strip().upper()
            waiting += one.values()


def labels(codes: Sequence[str]) -> Sensitive:
    """The classes that a Consent's labels name; without any, what is ordinary."""
    found = NONE
    for code in codes:
        found |= LABELS.get(code, NONE)
    return found if codes else Sensitive.GENERAL
