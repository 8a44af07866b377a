"""``_filter``: conditions joined by and, or and not (https://hl7.org/fhir/R4/search_filter.html).

``given eq "peter" and (birthdate ge 2014-10-10 or not (gender eq male))``. As the standard says, ``and`` and ``or`` are
read from left to right, none before the other. Each condition becomes a question of the same kind as a search parameter, so
it is looked up and matched as one. A filter on the way (``related[type eq comp].target``) is not there.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sekali import fhir, kernel

LONGEST = 2000
MOST = 30
DEEPEST = 10

_ORDERED = {op: op for op in ("eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap")}
_OPERATORS: dict[str, dict[str, str]] = {
    "date": _ORDERED | {"po": "po"},
    "number": _ORDERED,
    "quantity": _ORDERED,
    "string": {"eq": "is", "ne": "is-not", "co": "contains", "sw": "begins", "ew": "ends"},
    "token": {"eq": "", "ne": "other", "ss": "below", "sb": "above", "in": "in", "ni": "not-in"},
    "reference": {"re": "", "eq": ""},
    "uri": {"eq": "", "sw": "below"},
}
"""kind -> operator -> modifier; of what has an order, the prefix."""
_PARTS = re.compile(r'\s*(?:(?P<open>\()|(?P<close>\))|(?P<text>"(?:[^"\\]|\\.)*")|(?P<word>[^\s()\[\]"]+))')
_NAME = re.compile(r"[_A-Za-z][A-Za-z0-9_.:\-]*").fullmatch


@dataclass(slots=True)
class Leaf:
    """One condition: (name, operator, value) as written, and what it asks.

    :ivar name: of a search parameter; with dots of a chain.
    :ivar asked: what a resource must have; None for a chain until it was followed, and where it leads to nothing.
    """

    name: str
    operator: str
    value: str
    asked: fhir.Asked | None = None


@dataclass(frozen=True, slots=True)
class Not:
    """What must not hold."""

    part: "Node"


@dataclass(frozen=True, slots=True)
class Joined:
    """Conditions of which ``all`` must hold, or any."""

    all: bool
    parts: tuple["Node", ...]


Node = Leaf | Not | Joined


def parse(text: str) -> Node:
    """The tree of a filter, not yet understood. Raises Invalid, TooCostly."""
    if len(text) > LONGEST:
        raise kernel.TooCostly("A _filter may have at most %(most)s letters.", path="_filter", most=LONGEST)
    reading = _Reading(text)
    found = reading.whole(0)
    if reading.words:
        raise wrong()
    return found


def wrong() -> kernel.Invalid:
    """What is said of a filter that cannot be read."""
    return kernel.Invalid(
        '_filter needs conditions such as: given eq "peter" and (birthdate ge 2014-10-10 or not (gender eq male)).',
        path="_filter",
    )


class _Reading:
    """``words``: (kind, text) of what was not read yet."""

    def __init__(self, text: str) -> None:
        self.words: list[tuple[str, str]] = []
        self._leaves = 0
        at = 0
        text = text.rstrip()
        while at < len(text):
            part = _PARTS.match(text, at)
            if part is None or part.end() == at:
                raise wrong()
            kind = part.lastgroup or ""
            self.words.append((kind, part[kind]))
            at = part.end()
        self.words.reverse()

    def _take(self, *kinds: str) -> str:
        if not self.words or self.words[-1][0] not in kinds:
            raise wrong()
        return self.words.pop()[1]

    def _next_is(self, *words: tuple[str, str]) -> bool:
        return bool(self.words) and self.words[-1] in words

    def whole(self, depth: int) -> Node:
        """Conditions from left to right."""
        if depth > DEEPEST:
            raise kernel.TooCostly("A _filter may have at most %(most)s levels.", path="_filter", most=DEEPEST)
        found = self._one(depth)
        while self._next_is(("word", "and"), ("word", "or")):
            all_ = self._take("word") == "and"
            found = _joined(all_, found, self._one(depth))
        return found

    def _one(self, depth: int) -> Node:
        if self._next_is(("open", "(")):
            return self._inside(depth)
        if self._next_is(("word", "not")) and self.words[-2:-1] == [("open", "(")]:
            self._take("word")
            return Not(self._inside(depth))
        self._leaves += 1
        if self._leaves > MOST:
            raise kernel.TooCostly("A _filter may have at most %(most)s conditions.", path="_filter", most=MOST)
        name, operator, kind = self._take("word"), self._take("word"), self.words[-1][0] if self.words else ""
        value = self._take("word", "text")
        if not _NAME(name):
            raise wrong()
        return Leaf(name, operator, kernel.decode(value.encode()) if kind == "text" else value)

    def _inside(self, depth: int) -> Node:
        self._take("open")
        found = self.whole(depth + 1)
        self._take("close")
        return found


def _joined(all_: bool, a: Node, b: Node) -> Node:
    """Chains of the same word become one, so that a long one is no deep one."""
    parts = (*a.parts, b) if isinstance(a, Joined) and a.all == all_ else (a, b)
    return Joined(all_, parts)


def condition(type: str, leaf: Leaf) -> fhir.Asked:
    """What a condition on a parameter of the kind itself asks. Raises Invalid, Unsupported."""
    name = leaf.name
    parameter = fhir.SEARCH[type].get(name)
    if parameter is None:
        raise kernel.Invalid(
            "%(type)s has no search parameter %(name)s. It has %(known)s, and those that begin with an underscore.",
            path="_filter", type=type, name=name[:64], known=", ".join(n for n in sorted(fhir.SEARCH[type]) if n[0] != "_"),
        )  # fmt: skip
    if leaf.operator == "pr" and leaf.value in ("true", "false"):
        return fhir.Asked(parameter, "missing", (fhir.Term("false" if leaf.value == "true" else "true"),))
    known = _OPERATORS.get(parameter.kind, {})
    if leaf.operator not in known:
        raise kernel.Invalid(
            "%(name)s cannot be compared by %(operator)s. It knows %(known)s.",
            path="_filter", name=name, operator=leaf.operator[:10], known=", ".join([*known, "pr"]),
        )  # fmt: skip
    modifier = known[leaf.operator]
    if known.keys() >= _ORDERED.keys():
        return fhir.Asked(parameter, "", (_ordered(parameter, modifier, leaf.value),))
    if parameter.kind == "string":
        if not fhir.fold(leaf.value):
            raise kernel.Invalid("%(name)s needs a text.", path="_filter", name=name)
        return fhir.Asked(parameter, modifier, (fhir.Term(fhir.fold(leaf.value), leaf.value),))
    term = fhir.parse_term(parameter, "" if modifier == "other" else modifier, leaf.value)
    return fhir.Asked(parameter, modifier, (term,))


def _ordered(parameter: fhir.Parameter, prefix: str, value: str) -> fhir.Term:
    term = fhir.parse_term(parameter, "", f"{'eq' if prefix == 'po' else prefix}{value}")
    return fhir.Term(term.text, term.exact, prefix, term.system, term.since, term.until, term.number)


def leaves(node: Node) -> Iterator[Leaf]:
    """All conditions of a tree."""
    if isinstance(node, Leaf):
        yield node
    for part in (node.part,) if isinstance(node, Not) else node.parts if isinstance(node, Joined) else ():
        yield from leaves(part)


def conjuncts(node: Node) -> tuple[Node, ...]:
    """Those that must all hold."""
    if isinstance(node, Joined) and node.all:
        return tuple(one for part in node.parts for one in conjuncts(part))
    return (node,)


def holds(node: Node, has: Callable[[fhir.Asked], bool]) -> bool:
    """Whether a tree holds of a resource. ``has``: whether it has what one condition asks."""
    if isinstance(node, Leaf):
        return node.asked is not None and has(node.asked)
    if isinstance(node, Not):
        return not holds(node.part, has)
    return (all if node.all else any)(holds(part, has) for part in node.parts)


def combined(node: Node, of: Callable[[fhir.Asked], str | None]) -> str | None:
    """SQL that every match fulfils; None where nothing can be said. ``of``: the SQL of one condition."""
    if isinstance(node, Leaf):
        return of(node.asked) if node.asked is not None else "false"
    if isinstance(node, Not):
        return None
    found = [combined(part, of) for part in node.parts]
    some: list[Any] = [one for one in found if one is not None]
    if not some or (not node.all and len(some) < len(found)):
        return None
    return f"({(' and ' if node.all else ' or ').join(some)})"
