"""The operators' emergency account: its door, its one desk, and what heads and auditors are told of it."""

import shutil

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from sekali import kernel, security
from sekali.security import Role

from .failures import field_errors
from .forms import uuid_of
from .frame import render
from .routing import PUBLIC, device, give_session, page

OPERATOR = {Role.EMERGENCY_OPERATOR}
GB = 1 << 30


async def door(request: Request) -> Response:
    return render(request, "operator/door.html", errors={})


async def enter(request: Request) -> Response:
    """The printed code, once."""
    doors = request.state.doors
    try:
        token = await doors.doorkeeper.emergency.enter(request.state.typed.get("code", ""), device(request))
    except (kernel.Unauthenticated, kernel.Forbidden) as failure:
        status = 401 if isinstance(failure, kernel.Unauthenticated) else 429
        return render(request, "operator/door.html", status, errors={"code": failure.text(request.state.language)})
    return give_session(RedirectResponse("/operator", 303), token, doors)


async def desk(request: Request) -> Response:
    """How the system stands, and whom to let in again."""
    return await _desk(request)


async def _desk(request: Request, status: int = 200, errors: dict[str, str] | None = None, code: str = "") -> Response:
    doors, actor = request.state.doors, request.state.actor
    state = await doors.doorkeeper.emergency.state(actor)
    places = sorted((one for one in (await doors.care.facilities.all()).values()), key=lambda one: one.name)
    return render(
        request, "operator/desk.html", status, form=request.state.typed, errors=errors or {}, code=code, state=state,
        free=shutil.disk_usage(doors.settings.data).free // GB, megabytes=state.bytes >> 20,
        places=[(place.id, place.name) for place in places], done=request.query_params.get("selesai", ""),
    )  # fmt: skip


async def wake(request: Request) -> Response:
    """An account that rests may be tried again."""
    return await _for_account(request, request.state.doors.doorkeeper.emergency.wake, "wake", "bangun")


async def take_away(request: Request) -> Response:
    """A lost phone opens nothing any more, and is asked for no longer."""
    return await _for_account(request, request.state.doors.doorkeeper.emergency.take_away, "phone", "ponsel")


async def _for_account(request: Request, act, field: str, done: str) -> Response:
    try:
        await act(request.state.actor, request.state.typed.get(field, ""))
    except kernel.NotFound as failure:
        return await _desk(request, 404, {field: failure.text(request.state.language)})
    return RedirectResponse(f"/operator?selesai={done}", 303)


async def new_head(request: Request) -> Response:
    """A code with which a facility's new head opens an account. Shown once."""
    form, doors, actor = request.state.typed, request.state.doors, request.state.actor
    name = form.get("name", "").strip()
    try:
        if not 3 <= len(name) <= 200:
            raise kernel.Invalid("Type the name of the new head.", path="name")
        places = await doors.care.facilities.all()
        place = next((one for one in places.values() if str(one.id) == form.get("facility")), None)
        if place is None:
            raise kernel.Invalid("Choose a facility.", path="facility")
        async with doors.database.transaction() as tx:
            await doors.doorkeeper.emergency.note_head(tx, actor, place.name, place.id)
            code = await doors.doorkeeper.invite(
                tx, name, role=Role.FACILITY_HEAD, facility=place.id, facility_name=place.name, zone=place.zone
            )
    except kernel.Invalid as failure:
        return await _desk(request, 400, field_errors(request, failure))
    return await _desk(request, code=code)


async def uses(request: Request) -> Response:
    """What was done, the latest first."""
    found = await request.state.doors.doorkeeper.emergency.uses(request.state.actor)
    return render(request, "operator/uses.html", uses=found)


async def told(request: Request) -> Response:
    """I have read it."""
    id = uuid_of(request.path_params["id"], kernel.NotFound("There is no such page."))
    await request.state.doors.doorkeeper.emergency.told(request.state.actor, id)
    return RedirectResponse("/operator/pemakaian", 303)


PAGES = (
    page("/operator/masuk", door, PUBLIC),
    page("/operator/masuk", enter, PUBLIC, "POST"),
    page("/operator", desk, OPERATOR),
    page("/operator/bangun", wake, OPERATOR, "POST"),
    page("/operator/ponsel", take_away, OPERATOR, "POST"),
    page("/operator/kepala", new_head, OPERATOR, "POST"),
    page("/operator/pemakaian", uses, security.EMERGENCY_READERS),
    page("/operator/pemakaian/{id}", told, security.EMERGENCY_READERS, "POST"),
)
