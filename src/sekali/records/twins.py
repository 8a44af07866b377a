"""Whether something was sent before: the same number, or the same content."""

from typing import Any

from sekali import fhir, kernel, security

from .change import Change
from .query import Query, parse
from .search import Search
from .stored import stored

SQL = kernel.queries(__file__)
_NAMES = {"encounter", "context", "request", "basedOn"}
_SIGNS = str.maketrans({sign: f"\\{sign}" for sign in "\\,|$"})


async def twin(tx: kernel.Session, change: Change, numbers: str) -> bool:
    """Whether another resource of this kind has one of its numbers, or is the same but for the server's own members.

    Whoever writes the same number waits until this transaction ends, so that of two at once one is refused.

    :param numbers: beginning of the systems whose numbers belong to one resource each; empty for none.
    """
    resource = change.resource or {}
    for one in fhir.values_at(resource, "identifier") if numbers else ():
        if one.get("system", "").startswith(numbers) and "value" in one:
            await tx.fetchval(
                "select pg_advisory_xact_lock($1)", fhir.term_hash(change.type, one["system"], one["value"])
            )
            asked = f"{one['system']}|{one['value']}".translate(_SIGNS).replace("\\|", "|", 1)
            query = parse(change.type, [("identifier", asked), ("_count", "2")], lenient=False)
            found = (await Search(tx, change.cipher, change.grant, _anybody).run(query)).items
            if any(other.id != change.id for other in found):
                return True
    return await _alike(tx, change, resource)


async def _anybody(query: Query) -> None:
    """Nothing of what is found is shown."""


async def _alike(tx: kernel.Session, change: Change, resource: dict[str, Any]) -> bool:
    """Only of what names its visit or order, whose id nobody guesses: else this would tell who has what elsewhere."""
    if change.subject is None or not _NAMES & resource.keys():
        return False
    await tx.fetchval("select pg_advisory_xact_lock($1)", fhir.term_hash(change.type, "alike", str(change.subject)))
    key = (kernel.shard_of(change.id), change.type, change.subject, change.id, len(change.content) + security.LONGER)
    rows = await tx.fetch(SQL.alike, *key)
    return any(_sent(stored(change.cipher, row).resource) == _sent(resource) for row in rows)


def _sent(resource: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in resource.items() if name not in ("id", "meta")}
