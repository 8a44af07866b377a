"""Records to read: of people who are here or were here lately, as far as the role and their consent allow."""

from starlette.requests import Request
from starlette.responses import Response

from sekali import kernel
from sekali.security import Role

from .forms import uuid_of
from .frame import render
from .routing import page

READERS = {Role.DOCTOR, Role.NURSE, Role.PHARMACIST, Role.RECORDS_OFFICER}


async def visits(request: Request) -> Response:
    """Whose records may be read now."""
    found = await request.state.doors.care.record_room.visits(request.state.actor)
    return render(request, "record/visits.html", visits=found)


async def show(request: Request) -> Response:
    """One of them."""
    id = uuid_of(request.path_params["id"], kernel.NotFound("Your facility has no such visit."))
    record = await request.state.doors.care.record_room.of_visit(request.state.actor, id)
    return render(request, "record/record.html", record=record)


PAGES = (page("/rekam", visits, READERS), page("/rekam/{id}", show, READERS))
