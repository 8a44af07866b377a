"""The desks in the browser: pages made on the server, that work without scripts."""

from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles

from . import (
    account,
    assessor,
    ceremony,
    choosing,
    citizen,
    city,
    clerk,
    docs,
    doctor,
    entrance,
    evaluating,
    mentor,
    movement,
    panel_desk,
    referral,
    secretariat,
    team,
)
from .frame import STATIC
from .routing import PUBLIC, Doors, Page, Sandbox, page


def routes(doors: Doors) -> list[BaseRoute]:
    """Every page, each with its authority; the last answers for all that is not there."""
    desks = (
        entrance, account, clerk, doctor, referral, citizen, city, movement, secretariat, choosing, panel_desk, ceremony,
        evaluating, team, mentor, assessor, docs,
    )  # fmt: skip
    every = [page for desk in desks for page in desk.PAGES]
    static = Mount("/static", StaticFiles(directory=STATIC), name="static")
    return [static, *(one.route(doors) for one in every), entrance.NOT_FOUND.route(doors)]


__all__ = ["PUBLIC", "Doors", "Page", "Sandbox", "page", "routes"]
