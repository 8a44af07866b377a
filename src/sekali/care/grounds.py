"""Grounds on which a facility may refuse, as data: ``data/grounds.tsv``, or the table that SEKALI_GROUNDS names.

Which grounds the law allows is for the operator's lawyer to say; the table that comes along is a beginning, not a claim.
"""

import csv
from dataclasses import dataclass
from pathlib import Path

from sekali import kernel

DATA = Path(__file__).parent / "data/grounds.tsv"


@dataclass(frozen=True, slots=True)
class Ground:
    """One ground. ``words``: language -> text."""

    code: str
    kinds: frozenset[str]
    words: dict[str, str]


class Grounds:
    """All there are. Raises Trouble for a table that cannot be read."""

    def __init__(self, path: Path | None = None) -> None:
        try:
            text = (path or DATA).read_text(encoding="utf-8")
            rows = csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
            self._all = [
                Ground(row["code"], frozenset(row["kinds"].split()), {name: row[name] for name in kernel.LANGUAGES})
                for row in rows
            ]
            if not self._all or not all(one.code and all(one.words.values()) for one in self._all):
                raise ValueError("a line without a code or words")
        except (OSError, KeyError, TypeError, ValueError, AttributeError) as error:
            raise kernel.Trouble(
                f"SEKALI_GROUNDS must name a table like src/sekali/care/data/grounds.tsv ({error!r})."
            ) from None

    def of(self, kind: str) -> list[Ground]:
        """Those for a kind of request."""
        return [one for one in self._all if kind in one.kinds]

    def words(self, code: str | None, language: str) -> str:
        """The text of a ground; a code that is no longer in the table is shown as it is."""
        return next((one.words[language] for one in self._all if one.code == code), code or "")
