"""The citizen's own page: my referral, my record, who looked at my data and why."""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from sekali import audit
from sekali.security import Role

from .frame import render
from .routing import page

OPEN = ("requested", "accepted")


@dataclass(frozen=True, slots=True)
class Looks:
    """What one person did with my data for one reason on one day, in one line."""

    first: audit.Look
    kinds: tuple[str, ...]
    times: int


def grouped(looks: Sequence[audit.Look]) -> list[Looks]:
    """Newest first; those of one person, reason and day together."""
    together: dict[tuple[object, ...], list[audit.Look]] = {}
    for look in looks:
        together.setdefault((look.actor_name, look.role, look.facility, look.purpose, look.at.date()), []).append(look)
    return [Looks(many[0], tuple(dict.fromkeys(one.kind for one in many)), len(many)) for many in together.values()]


async def mine(request: Request) -> Response:
    """On a cheap phone: the QR first, for that is what a counter asks for."""
    desks = request.state.doors.care
    record = await desks.own.mine(request.state.actor)
    places = {id: facility.name for id, facility in (await desks.facilities.all()).items()}
    current = next((one for one in record.referrals if one.status in OPEN), None)
    openings = await desks.emergency.of_citizen(request.state.actor.citizen)
    return render(
        request, "citizen/mine.html", record=record, current=current, looks=grouped(record.looks), places=places,
        openings=openings,
    )  # fmt: skip


PAGES = (page("/warga", mine, {Role.CITIZEN}),)
