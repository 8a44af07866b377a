"""The codes that are known here: R4's own, ICD-10, and what CodeSystem and ValueSet resources of the store say.

R4's own codes come without displays, so the code stands for it. https://hl7.org/fhir/R4/terminology-service.html
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

from sekali import care, fhir, kernel, records

ICD10_SETS = ("http://hl7.org/fhir/ValueSet/icd-10", f"{fhir.ICD10}/vs")
"""HL7's name of "all of ICD-10", and FHIR's implicit one."""
ICD10_VERSION = "2019"
MOST = 20_000
"""Concepts that one value set may come to."""


class Concept(NamedTuple):
    """One code. ``designations``: (language, text)."""

    system: str
    code: str
    display: str
    designations: tuple[tuple[str, str], ...] = ()

    def shown(self, language: str) -> str:
        """The display in a language (``id-ID`` is ``id``), where there is one."""
        wanted = language.partition("-")[0].lower()
        found = (text for of, text in self.designations if wanted and of.partition("-")[0].lower() == wanted)
        return next(found, self.display)


class System(NamedTuple):
    """A code system as far as it is loaded.

    :ivar parents: code -> the code that it is a kind of; also of chapters and blocks that are no concepts.
    """

    url: str
    name: str
    version: str
    concepts: dict[str, Concept]
    parents: Mapping[str, str] = {}


async def system_of(reader: records.Reader, url: str) -> System:
    """Raises NotFound for one that is not loaded."""
    bare, _, version = url.partition("|")
    if bare == fhir.ICD10:
        return _icd10()
    if bare in _r4():
        return _r4()[bare]
    kept = await _kept(reader, "CodeSystem", bare, version)
    if kept is None or "concept" not in kept:
        raise kernel.NotFound("The code system %(url)s is not loaded here.", path="system", url=bare[:200])
    concepts = {one.code: one for one in _nested(bare, kept["concept"])}
    levels = _levels(kept["concept"]) if kept.get("hierarchyMeaning", "is-a") == "is-a" else {}
    return System(bare, kept.get("name", bare), kept.get("version", ""), concepts, levels)


async def codes(reader: records.Reader, modifier: str, term: fhir.Term) -> list[tuple[str, str]]:
    """What a search means by ``:above`` or ``:below`` a code, or by ``:in`` or ``:not-in`` a value set: ``records.Codes``."""
    if modifier in ("in", "not-in"):
        return [(one.system, one.code) for one in await value_set(reader, term.text)]
    system = await system_of(reader, term.system or "")
    if term.text not in system.concepts and term.text not in system.parents.values():
        raise kernel.NotFound(
            "This code is not among those of %(system)s that are loaded here.", system=system.url[:200]
        )
    found = _above(system, term.text) if modifier == "above" else _below(system, term.text)
    return [(system.url, code) for code in found]


def _above(system: System, code: str) -> list[str]:
    found = [code]
    while (above := system.parents.get(found[-1])) and above not in found:
        found.append(above)
    return found


def _below(system: System, code: str) -> list[str]:
    children: dict[str, list[str]] = {}
    for child, parent in system.parents.items():
        children.setdefault(parent, []).append(child)
    found = dict.fromkeys([code])
    waiting = [code]
    while waiting:
        new = [child for child in children.get(waiting.pop(), ()) if child not in found]
        found |= dict.fromkeys(new)
        waiting += new
    return list(found)


def _levels(concepts: Iterable[dict[str, Any]], above: str = "") -> dict[str, str]:
    found = {one["code"]: above for one in concepts if above}
    for one in concepts:
        found |= _levels(one.get("concept", ()), one["code"])
    return found


async def value_set(reader: records.Reader, url: str) -> list[Concept]:
    """All that a value set comes to, each once, in its own order. Raises NotFound, Unsupported, TooCostly."""
    bare, _, version = url.partition("|")
    if bare in ICD10_SETS:
        return list(_icd10().concepts.values())
    if bare in fhir.R4.codes:
        system = fhir.R4.systems.get(bare, "")
        return [Concept(system, code, code) for code in sorted(fhir.R4.codes[bare])]
    kept = await _kept(reader, "ValueSet", bare, version)
    if kept is None:
        raise kernel.NotFound("The value set %(url)s is not loaded here.", path="url", url=bare[:200])
    return await composed(reader, kept)


async def composed(reader: records.Reader, value_set_: dict[str, Any], depth: int = 0) -> list[Concept]:
    """A ValueSet resource by its ``compose``. Raises Unsupported for most filters, and what :func:`value_set` raises."""
    compose = value_set_.get("compose", {})
    found: dict[tuple[str, str], Concept] = {}
    for include in compose.get("include", ()):
        found |= await _included(reader, include, depth)
        if len(found) > MOST:
            raise kernel.TooCostly("A value set may come to at most %(most)s codes.", path="url", most=MOST)
    for exclude in compose.get("exclude", ()):
        for key in await _included(reader, exclude, depth):
            found.pop(key, None)
    return list(found.values())


async def _included(reader: records.Reader, include: dict[str, Any], depth: int) -> dict[tuple[str, str], Concept]:
    """What one include brings: what is in its system and in every value set that it names."""
    if depth > 3:
        raise kernel.Unsupported("Value sets inside value sets cannot be expanded so deep here.", path="url")
    parts: list[list[Concept]] = []
    system = include.get("system", "")
    if "filter" in include:
        parts += [_filtered(await system_of(reader, system), one) for one in include["filter"]]
    elif "concept" in include:
        parts.append(list(_nested(system, include["concept"])))
    elif system:
        parts.append(list((await system_of(reader, system)).concepts.values()))
    for url in include.get("valueSet", ()):
        bare, _, version = url.partition("|")
        kept = None if _is_own(bare) else await _kept(reader, "ValueSet", bare, version)
        parts.append(await composed(reader, kept, depth + 1) if kept else await value_set(reader, url))
    sets = [{(one.system, one.code): one for one in part} for part in parts]
    return {key: one for key, one in sets[0].items() if all(key in other for other in sets[1:])} if sets else {}


def _filtered(system: System, wanted: dict[str, Any]) -> list[Concept]:
    """The concepts below one, itself too (``is-a``) or not. Raises Unsupported for every other filter."""
    operator, code = wanted.get("op"), wanted.get("value", "")
    if wanted.get("property") != "concept" or operator not in ("is-a", "descendent-of"):
        raise kernel.Unsupported(
            "Of a value set's filters only concept is-a and descendent-of are known here.", path="url"
        )
    below = _below(system, code)[operator == "descendent-of" :]
    return [system.concepts[one] for one in below if one in system.concepts]


def _is_own(url: str) -> bool:
    return url in ICD10_SETS or url in fhir.R4.codes


async def _kept(reader: records.Reader, type: str, url: str, version: str) -> dict[str, Any] | None:
    """The newest resource of the store with this URL."""
    params = [("url", url), *([("version", version)] if version else []), ("_count", "1")]
    found = (await reader.search(type, params)).items
    return found[0].resource if found else None


def _nested(system: str, concepts: Iterable[dict[str, Any]]) -> Iterator[Concept]:
    """Concepts of a CodeSystem, those inside them too, or those that a ValueSet lists."""
    for one in concepts:
        names = tuple((name.get("language", ""), name.get("value", "")) for name in one.get("designation", ()))
        yield Concept(system, one["code"], one.get("display", one["code"]), names)
        yield from _nested(system, one.get("concept", ()))


@cache
def _icd10() -> System:
    concepts = {
        one.code: Concept(
            fhir.ICD10, one.code, one.english, (("id", one.indonesian.partition(",")[0]),) if one.indonesian else ()
        )
        for one in care.icd.every()
    }
    return System(fhir.ICD10, "ICD-10", ICD10_VERSION, concepts, care.icd.parents())


@cache
def _r4() -> dict[str, System]:
    """HL7's systems, as far as R4's required bindings name their codes."""
    codes: dict[str, set[str]] = {}
    for url, system in fhir.R4.systems.items():
        codes.setdefault(system, set()).update(fhir.R4.codes.get(url, ()))
    return {
        url: System(
            url, url.rpartition("/")[2], fhir.R4.version, {code: Concept(url, code, code) for code in sorted(own)},
            fhir.R4.parents.get(url, {}),
        )
        for url, own in codes.items() if url and own
    }  # fmt: skip
