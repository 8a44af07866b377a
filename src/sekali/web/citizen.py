"""The citizen's own page: my referral, my record, who looked last (the rest is told by ``looked``)."""

from starlette.requests import Request
from starlette.responses import Response

from sekali import care
from sekali.security import Role

from .frame import render
from .routing import page

OPEN = ("requested", "accepted")


async def mine(request: Request) -> Response:
    """On a cheap phone: the QR first, for that is what a counter asks for."""
    desks = request.state.doors.care
    seen = await desks.own.mine(request.state.actor)
    places = {id: facility.name for id, facility in (await desks.facilities.all()).items()}
    current = next((one for one in seen.referrals if one.status in OPEN), None)
    told = await desks.emergency.told(request.state.actor)
    breaches = await desks.breaches.of_citizen(request.state.actor)
    guardians = await desks.guardians.standing(care.of_myself(request.state.actor))
    return render(
        request, "citizen/mine.html", mine=seen, record=seen.record, current=current, places=places, told=told,
        breaches=breaches, guardians=guardians, wards=await desks.guardians.of_guardian(request.state.actor),
    )  # fmt: skip


PAGES = (page("/warga", mine, {Role.CITIZEN}),)
