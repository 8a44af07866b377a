"""The access table for everybody to read: who may see what, in which relation, what for, and on which ground."""

from starlette.requests import Request
from starlette.responses import Response

from sekali import security

from .frame import render
from .routing import PUBLIC, page


async def policy(request: Request) -> Response:
    """The same lines by which the program decides."""
    return render(
        request, "policy/policy.html", lines=security.table.lines(), kinds=security.table.words("kinds"),
        sensitive=list(security.table.rows("sensitive")),
    )  # fmt: skip


PAGES = (page("/kebijakan", policy, PUBLIC),)
