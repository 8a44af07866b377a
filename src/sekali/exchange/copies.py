"""Copies of a person's own record, as the exchange would give it: for pages, which do not know the exchange."""

from sekali import kernel, records, security

from .messages import BASE
from .operations.summary import document

MOST = 10_000
"""Resources of one copy."""
LARGEST = 64 << 20
"""Bytes of one copy."""
PAGE = 1000


class Copies:
    """``address``: where this server says that it is."""

    def __init__(self, store: records.Store, address: str) -> None:
        self._store = store
        self._base = address + BASE

    async def summary(self, grant: security.Grant) -> bytes:
        """An International Patient Summary of the Grant's person, as JSON. Raises NotFound, Forbidden."""
        return await document(self._store, grant, self._base)

    async def everything(self, grant: security.Grant) -> bytes:
        """All that is kept of the Grant's person, in one Bundle (UU PDP 27/2022: access and copy).

        Raises NotFound, Forbidden, and TooCostly beyond 10,000 resources or 64 MB: a copy that lacks something without a word
        is none.
        """
        return self._bundle(await self._kept(grant, MOST))

    async def resources(self, grant: security.Grant, most: int) -> list[records.Stored]:
        """The same one by one, the Patient first, at most so many. Raises what ``everything`` raises."""
        return list((await self._kept(grant, most)).values())

    async def _kept(self, grant: security.Grant, most: int) -> dict[str, records.Stored]:
        """Reference -> what is kept there."""
        if grant.subject is None:
            raise kernel.Forbidden("It is not clear whose data this is about.")
        reader, cursor, size = self._store.under(grant), None, 0
        found: dict[str, records.Stored] = {}
        while True:
            page = await reader.everything(records.Chart(grant.subject, None, count=PAGE, cursor=cursor))
            for one in (*page.items, *page.included):
                size += len(one.content) if one.reference not in found else 0
                found[one.reference] = one
            if len(found) > most or size > LARGEST:
                raise kernel.TooCostly("Your record is too large for one file. Ask your facility for a copy.")
            if page.next is None:
                return found
            cursor = page.next

    def _bundle(self, found: dict[str, records.Stored]) -> bytes:
        entries = [
            {"fullUrl": f"{self._base}/{reference}", "resource": kernel.Raw(one.content)}
            for reference, one in found.items()
        ]
        at = kernel.fhir_instant(kernel.now())
        return kernel.encode({"resourceType": "Bundle", "type": "collection", "timestamp": at, "entry": entries})
