"""The citizen's own page: my referral, my record, who looked at my data and why."""

from starlette.requests import Request
from starlette.responses import Response

from sekali.security import Role

from .frame import render
from .routing import page

OPEN = ("requested", "accepted")


async def mine(request: Request) -> Response:
    """On a cheap phone: the QR first, for that is what a counter asks for."""
    record = await request.state.doors.care.own.mine(request.state.actor)
    current = next((one for one in record.referrals if one.status in OPEN), None)
    return render(request, "citizen/mine.html", record=record, current=current)


PAGES = (page("/warga", mine, {Role.CITIZEN}),)
