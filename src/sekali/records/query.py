"""A search, understood (https://hl7.org/fhir/R4/search.html). Nothing here asks the database."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sekali import fhir, kernel

from . import filters

DEFAULT_COUNT = 20
MOST = 200
MOST_TERMS = 30
MOST_CHAINED = 3
SUMMARIES = ("true", "text", "data", "count", "false")


@dataclass(frozen=True, slots=True)
class Chain:
    """``subject:Patient.name=…``: of a reference, what it points at must match a search of its own."""

    parameter: fhir.Parameter
    types: tuple[str, ...]
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Has:
    """``_has:Observation:patient:code=…``: something that points here must match a search of its own."""

    type: str
    parameter: fhir.Parameter
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Include:
    """``_include`` or ``_revinclude``. ``type``: whose parameter it is; ``name`` ``*`` for every reference.

    :ivar target: only what is of this kind; empty for any.
    :ivar iterate: whether what was included includes more.
    """

    type: str
    name: str
    target: str
    iterate: bool
    reverse: bool


@dataclass(slots=True)
class Query:
    """What was asked. All of ``asked``, ``chains`` and ``has`` must hold; ``words`` are of ``_text`` and ``_content``."""

    type: str
    asked: list[fhir.Asked] = field(default_factory=list)
    chains: list[Chain] = field(default_factory=list)
    has: list[Has] = field(default_factory=list)
    inside: list[tuple[fhir.Parameter, "Query"]] = field(default_factory=list)
    """Of chains into what stands in the resource itself (a Bundle's first entry): what must hold of that."""
    words: list[tuple[str, str]] = field(default_factory=list)
    conditions: list[filters.Node] = field(default_factory=list)
    """Of ``_filter``: what is not simply asked besides the rest."""
    lists: list[UUID] = field(default_factory=list)
    """Lists that all results must stand in."""
    includes: list[Include] = field(default_factory=list)
    sort: list[tuple[str, bool]] = field(default_factory=list)
    """Names with whether the greatest comes first; empty: the newest change first."""
    count: int = DEFAULT_COUNT
    total: bool = False
    summary: str = "false"
    elements: frozenset[str] = frozenset()
    cursor: str | None = None
    used: list[tuple[str, str]] = field(default_factory=list)

    def numbers(self) -> frozenset[str]:
        """The values of the identifiers that the question names."""
        texts = (value for name, value in self.used if name.partition(":")[0] == "identifier")
        return frozenset(one.rpartition("|")[2] for text in texts for one in text.split(","))

    def person(self) -> UUID | None:
        """The one person whose record this looks in, when the question names one."""
        for one in self.asked:
            if one.parameter.owner and not one.modifier and len(one.terms) == 1:
                return kernel.as_uuid(one.terms[0].text.rpartition("/")[2])
        return None

    def by_number(self) -> bool:
        """Whether it asks for somebody's own number of a thing (``identifier=system|value``), and perhaps for more."""
        return any(
            one.parameter.name == "identifier"
            and not one.modifier
            and all(term.system and term.text for term in one.terms)
            for one in self.asked
        )

    def asks_of(self, type: str, id: UUID | None) -> bool:
        """Whether all results must point at one resource, such as the actor's own organization."""
        wanted = {f"{type}/{id}"}
        return any(one.parameter.kind == "reference" and not one.modifier and one.texts == wanted for one in self.asked)


def parse(type: str, params: Sequence[tuple[str, str]], lenient: bool) -> Query:
    """Understand the parameters. An unknown one raises Invalid; with ``lenient`` it is left out, of ``used`` too."""
    fhir.require_kind(type)
    if len(params) > MOST_TERMS:
        raise kernel.TooCostly("At most %(most)s search parameters.", most=MOST_TERMS)
    query = Query(type)
    for name, value in params:
        if not (_control(query, name, value) or _linked(query, name, value) or _own(query, name, value)):
            if not lenient:
                raise kernel.Invalid(
                    "%(type)s has no search parameter %(name)s. It has %(known)s, and those that begin with an underscore.",
                    path=name[:64],
                    type=type,
                    name=name[:64],
                    known=", ".join(one for one in sorted(fhir.SEARCH[type]) if one[0] != "_"),
                )
            continue
        if name != "_cursor":
            query.used.append((name, value))
    return query


def _own(query: Query, name: str, value: str) -> bool:
    base, _, modifier = name.partition(":")
    parameter = fhir.SEARCH[query.type].get(base)
    if parameter is None:
        return False
    values = [part for part in fhir.split(value, ",") if part] or [""]
    if len(values) > MOST_TERMS:
        raise kernel.TooCostly("At most %(most)s values of one search parameter.", path=name, most=MOST_TERMS)
    terms = tuple(fhir.parse_term(parameter, modifier, one) for one in values)
    query.asked.append(fhir.Asked(parameter, "" if modifier in fhir.TYPES else modifier, terms))
    return True


def _linked(query: Query, name: str, value: str) -> bool:
    if name.startswith("_has:"):
        query.has.append(_has(query.type, name, value))
        return True
    before, dot, rest = name.partition(".")
    base, _, modifier = before.partition(":")
    parameter = fhir.SEARCH[query.type].get(base)
    if not dot or parameter is None or parameter.kind != "reference" or (modifier and modifier not in fhir.TYPES):
        return False
    first = rest.partition(".")[0].partition(":")[0]
    types = (modifier,) if modifier else sorted(parameter.targets)
    able = tuple(one for one in types if one in fhir.TYPES and (first in fhir.SEARCH[one] or first == "_has"))
    if not able:
        raise kernel.Invalid(
            "%(name)s leads to nothing that has this search parameter.", path=name[:64], name=name[:64]
        )
    query.chains.append(Chain(parameter, able, rest, value))
    return True


def _has(type: str, name: str, value: str) -> Has:
    parts = name.split(":", 3)
    other = parts[1] if len(parts) == 4 else ""
    parameter = fhir.SEARCH.get(other, {}).get(parts[2]) if other else None
    if parameter is None or parameter.kind != "reference" or (parameter.targets and type not in parameter.targets):
        raise kernel.Invalid(
            "Write _has:Type:reference:parameter, such as _has:Observation:patient:code.", path=name[:64]
        )
    return Has(other, parameter, parts[3], value)


def _control(query: Query, name: str, value: str) -> bool:
    base, _, modifier = name.partition(":")
    if base in ("_include", "_revinclude"):
        query.includes.append(_include(query.type, base, modifier, value))
        return True
    set_ = _CONTROLS.get(name)
    if set_ is None:
        return False
    set_(query, value)
    return True


def _include(type: str, base: str, modifier: str, value: str) -> Include:
    parts = value.split(":")
    source = parts[0]
    if value == "*":
        parts, source = [type, "*"], type
    parameter = fhir.SEARCH.get(source, {}).get(parts[1]) if 2 <= len(parts) <= 3 else None
    known = len(parts) > 1 and (parts[1] == "*" or (parameter is not None and parameter.kind == "reference"))
    if source not in fhir.TYPES or not known or modifier not in ("", "iterate", "recurse"):
        raise kernel.Invalid("%(name)s needs Type:reference or Type:reference:Target.", path=base, name=base)
    return Include(source, parts[1], parts[2] if len(parts) == 3 else "", bool(modifier), base == "_revinclude")


def _set_count(query: Query, value: str) -> None:
    if not value.isdecimal() or len(value) > 9:
        raise kernel.Invalid("_count needs a whole number.", path="_count")
    query.count = min(int(value), MOST)
    if query.count == 0:
        query.summary = "count"


def _set_sort(query: Query, value: str) -> None:
    for one in value.split(",")[:5]:
        name = one.removeprefix("-")
        if name not in fhir.SEARCH[query.type] or fhir.SEARCH[query.type][name].kind in ("composite", "special"):
            raise kernel.Invalid(
                "%(type)s cannot be sorted by %(name)s.", path="_sort", type=query.type, name=name[:64]
            )
        query.sort.append((name, one.startswith("-")))


def _set_total(query: Query, value: str) -> None:
    if value not in ("none", "estimate", "accurate"):
        raise kernel.Invalid("_total is none, estimate or accurate.", path="_total")
    query.total = value == "accurate"


def _set_summary(query: Query, value: str) -> None:
    if value not in SUMMARIES:
        raise kernel.Invalid("_summary is true, text, data, count or false.", path="_summary")
    query.summary = value


def _set_elements(query: Query, value: str) -> None:
    query.elements = frozenset(name.rpartition(".")[2] for name in value.split(",") if name)


def _set_words(kind: str) -> Callable[[Query, str], None]:
    def set_(query: Query, value: str) -> None:
        if not value.strip() or len(value) > 200:
            raise kernel.Invalid("%(name)s needs words to look for.", path=kind, name=kind)
        query.words.append((kind, value))

    return set_


def _set_list(query: Query, value: str) -> None:
    id = kernel.as_uuid(value.removeprefix("List/"))
    if id is None:
        raise kernel.Invalid("%(name)s needs the id of a List of this server.", path="_list", name="_list")
    query.lists.append(id)


def _set_filter(query: Query, value: str) -> None:
    """Conditions that must hold anyway are asked as parameters are; chains are understood here, followed later."""
    if any(name == "_filter" for name, _ in query.used):
        raise kernel.TooCostly("Write all conditions into one _filter.", path="_filter")
    for node in filters.conjuncts(filters.parse(value)):
        set_filter(query, node)


def set_filter(query: Query, node: filters.Node) -> None:
    """Ask for one of the conditions that must all hold. Raises Invalid, Unsupported."""
    for leaf in filters.leaves(node):
        if "." not in leaf.name:
            leaf.asked = filters.condition(query.type, leaf)
        else:
            chain_of(query.type, leaf)
    if isinstance(node, filters.Leaf) and node.asked is not None:
        query.asked.append(node.asked)
    else:
        query.conditions.append(node)


def chain_of(type: str, leaf: filters.Leaf) -> Chain:
    """``subject.name co "peter"`` as a chain. Raises Invalid."""
    query = Query(type)
    if not _linked(query, leaf.name, "") or not query.chains or query.chains[0].parameter.inside:
        raise filters.wrong()
    return query.chains[0]


def _set_cursor(query: Query, value: str) -> None:
    query.cursor = value


def _set_contained(query: Query, value: str) -> None:
    if value != "false":
        raise kernel.Unsupported("Sekali does not search inside contained resources.", path="_contained")


_CONTROLS: dict[str, Callable[[Query, str], None]] = {
    "_contained": _set_contained,
    "_content": _set_words("_content"),
    "_count": _set_count,
    "_cursor": _set_cursor,
    "_elements": _set_elements,
    "_filter": _set_filter,
    "_list": _set_list,
    "_sort": _set_sort,
    "_summary": _set_summary,
    "_text": _set_words("_text"),
    "_total": _set_total,
}
CONTROLS = frozenset(_CONTROLS) - {"_cursor"} | {"_include", "_revinclude"}
