"""Scopes of systems' tokens (SMART App Launch 2.2, the forms of version 1 and 2): a system may ask for less than it may have.

https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html. A scope never widens what the table of access gives.
Reading is had whole, by id and by search (``rs``), and so is writing (``cud``): the Grant tells no finer parts apart.
"""

import re
from dataclasses import dataclass

from sekali import fhir, kernel

SUPPORTED = ("system/*.cruds", "system/*.rs", "system/*.cud", "system/*.read", "system/*.write", "system/*.*")
LONGEST = 4000
_FORM = re.compile(r"system/(\*|[A-Z][A-Za-z]+)\.(read|write|\*|(?=[cruds])c?r?u?d?s?)").fullmatch
_V1 = {"read": "rs", "write": "cud", "*": "cruds"}
EVERY = frozenset("*")


@dataclass(frozen=True, slots=True)
class Scope:
    """Kinds that a token reads and writes, ``*`` for all that the Grant gives; ``text`` says so as it was asked for."""

    reads: frozenset[str]
    writes: frozenset[str]
    text: str

    def reading(self, kinds: frozenset[str]) -> frozenset[str]:
        """Of ``kinds``, those that the token reads."""
        return kinds if "*" in self.reads else kinds & self.reads

    def writing(self, kinds: frozenset[str]) -> frozenset[str]:
        """Of ``kinds``, those that the token writes."""
        return kinds if "*" in self.writes else kinds & self.writes


def scope_of(text: str) -> Scope | None:
    """What is granted of what was asked for: what is not known here, or finer than is had here, is left out.

    None when nothing is left.
    """
    reads: set[str] = set()
    writes: set[str] = set()
    granted: list[str] = []
    for one in dict.fromkeys(text[:LONGEST].split()):
        found = _FORM(one)
        if found is None or found[1] not in fhir.TYPES | EVERY:
            continue
        kind, asked = found[1], _V1.get(found[2], found[2])
        rs, cud = {*"rs"} <= {*asked}, {*"cud"} <= {*asked}
        if rs:
            reads.add(kind)
        if cud:
            writes.add(kind)
        if rs or cud:
            whole = len(asked) == 2 * rs + 3 * cud
            granted.append(one if whole else f"system/{kind}.{'rs' if rs else 'cud'}")
    return Scope(frozenset(reads), frozenset(writes), " ".join(granted)) if granted else None


def require_whole(scope: Scope | None, reads: bool = True) -> None:
    """Of what is about all kinds at once, also those that come later. Raises Forbidden for a token of some kinds only."""
    if scope is not None and "*" not in (scope.reads if reads else scope.writes):
        raise kernel.Forbidden(
            "This token was asked for with a narrower scope than this needs: %(scope)s.", rule="20003",
            scope="system/*.rs" if reads else "system/*.cud",
        )  # fmt: skip
