"""transaction and batch: a Bundle, all of it or nothing, or each by itself. https://hl7.org/fhir/R4/http.html#transaction"""

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from sekali import kernel, records, security

from ..doors import Doors
from ..messages import done, prefers, read_deep
from ..outcomes import FHIR_JSON
from .batch import batch, send

LARGEST_BUNDLE = 64 << 20
_BATCH = b'"batch"'


class Bundles:
    """``POST /`` with a Bundle. ``inner`` are the routes that the entries of a batch go through."""

    inner: ASGIApp

    async def __call__(self, request: Request, doors: Doors, grant: security.Grant) -> Response:
        body = await read_deep(request, LARGEST_BUNDLE)
        if _is_batch(body):
            kernel.require_shallow(body)
            return await batch(request, body, self.inner)
        plan = await records.plan(body)
        await records.look(plan, doors.store.under(grant).read)
        async with doors.store.change(grant) as change:
            entries = await records.carry_out(plan, change)
        if prefers(request, "OperationOutcome"):
            entries = {place: _with_outcome(entry) for place, entry in entries.items()}
        for place in plan.reads:  # what is read sees what was written
            answer = await send(request.scope, self.inner, {"method": "GET", "url": plan.reads[place]}, b"")
            entries[place] = answer.entry()
        head = b'{"resourceType":"Bundle","type":"transaction-response","entry":['
        return Response(head + b",".join(entries[n] for n in sorted(entries)) + b"]}", media_type=FHIR_JSON)


def _is_batch(body: bytes) -> bool:
    """Most bodies have the word nowhere, which is seen at once."""
    return _BATCH in body and bytes(kernel.members(body).get("type", b"")) == _BATCH


def _with_outcome(entry: bytes) -> bytes:
    """What was done stands in ``response.outcome``."""
    told = kernel.decode(entry)
    told["response"]["outcome"] = done(told["response"]["status"])
    return kernel.encode(told)
