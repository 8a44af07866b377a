"""The desks in the browser: pages made on the server, that work without scripts."""

from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from . import (
    account,
    assessor,
    breaches,
    ceremony,
    choosing,
    citizen,
    city,
    clerk,
    consents,
    copies,
    docs,
    doctor,
    duties,
    emergency,
    entrance,
    evaluating,
    guardians,
    looked,
    mentor,
    movement,
    operator,
    panel_desk,
    policy,
    record,
    referral,
    retention,
    rights,
    secretariat,
    team,
)
from .frame import STATIC
from .routing import PUBLIC, Doors, Page, Sandbox, page


class _Files(StaticFiles):
    """Starlette's own, which leaves it to another layer to say that a file is not there; we have none."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, or why not."""
        try:
            return await super().get_response(path, scope)
        except HTTPException as refused:
            return PlainTextResponse(refused.detail, refused.status_code)


def routes(doors: Doors) -> list[BaseRoute]:
    """Every page, each with its authority; the last answers for all that is not there."""
    desks = (
        entrance, account, clerk, doctor, referral, citizen, looked, rights, breaches, retention, duties, city, movement,
        secretariat, choosing, panel_desk, ceremony, evaluating, team, mentor, assessor, docs, consents, copies,
        emergency, guardians, operator, record, policy,
    )  # fmt: skip
    every = [page for desk in desks for page in desk.PAGES]
    static = Mount("/static", _Files(directory=STATIC), name="static")
    return [static, *(one.route(doors) for one in every), entrance.NOT_FOUND.route(doors)]


__all__ = ["PUBLIC", "Doors", "Page", "Sandbox", "page", "routes"]
