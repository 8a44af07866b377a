"""A mentor's desk: my cities, what waits for my word, what is late, their plans."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from sekali import kernel, program
from sekali.security import Role

from .failures import field_errors
from .files import download
from .forms import day
from .frame import render
from .plan_views import book, compared, drawn, stands
from .routing import page
from .secretariat import id_of, movement, whole
from .team import Due, due

MENTOR = {Role.MENTOR}


@dataclass(frozen=True, slots=True)
class City:
    """One of my cities, and what is to be done for it."""

    part: program.Participation
    region: program.Region
    outputs: list[program.Output]
    due: Due

    @property
    def waiting(self) -> list[program.Output]:
        """Handed in, and nobody has accepted or returned it yet."""
        return [one for one in self.outputs if one.state == "handed-in"]


async def home(request: Request) -> Response:
    """My cities by cohort, the newest first; first those that wait for me."""
    m, actor = movement(request), request.state.actor
    cohorts, regions = await m.cohorts.all(), await m.regions.all()
    cities = [await _city(request, part, regions[part.region]) for part in await m.mentoring.mentored_by(actor)]
    groups = [(cohort, [one for one in cities if one.part.cohort == cohort.id]) for cohort in cohorts]
    for _, found in groups:
        found.sort(key=lambda one: (-len(one.waiting), -len(one.due.late), one.region.full_name))
    return render(
        request, "mentor/home.html", groups=[(cohort, found) for cohort, found in groups if found], cities=cities
    )


async def _city(request: Request, part: program.Participation, region: program.Region) -> City:
    outputs = await movement(request).mentoring.outputs(request.state.actor, part)
    return City(part, region, outputs, due(request, outputs))


async def _mine(request: Request) -> City:
    """The city of the address. Raises NotFound, Forbidden (not mine)."""
    m = movement(request)
    part = await m.cohorts.participation(id_of(request.path_params["id"]))
    return await _city(request, part, await m.regions.one(part.region))


async def city(request: Request) -> Response:
    return await _show(request)


async def _show(request: Request, status: int = 200, key: str = "", error: str = "") -> Response:
    m, mine = movement(request), await _mine(request)
    kept = await m.plans.read(request.state.actor, mine.region.id)
    return render(
        request, "mentor/city.html", status, city=mine, cohort=await m.cohorts.one(mine.part.cohort), key=key, error=error,
        typed=request.state.typed.get("text", ""), meetings={one.number: one for one in await m.mentoring.meetings(mine.part.id)},
        plan=kept, stand=stands(kept.facts)[""], wins=await m.quick_wins.of(request.state.actor, mine.part, mine.region),
        dimensions=program.DIMENSIONS, today=kernel.in_zone(kernel.now(), request.state.actor.zone).date(),
        files={one.id: one for one in await m.evidence.of(request.state.actor, mine.region.id)},
        done=request.query_params.get("selesai", ""),
    )  # fmt: skip


async def review(request: Request) -> Response:
    """A word about a version: a comment, accepted, returned."""
    m, form, mine = movement(request), request.state.typed, await _mine(request)
    key, version = form.get("key", ""), whole(form, "version") or 0
    one = next((one for one in mine.outputs if one.key == key and one.newest), None)
    if one is None:
        raise kernel.NotFound("No bimtek asks for this.")
    language = request.state.language
    if one.newest.version != version:
        message = "The city has handed in a newer version meanwhile. Your words are still here; look at it first."
        return await _show(request, 409, key, kernel.translate(language, message))
    try:
        await m.mentoring.review(
            request.state.actor, mine.part, key, version, form.get("verdict", ""), form.get("text", "")
        )  # fmt: skip
    except kernel.Invalid as failure:
        return await _show(request, 400, key, failure.text(language))
    return RedirectResponse(f"/pendamping/{mine.part.id}?selesai={key}#{key}", 303)


# Bimtek


async def meeting(request: Request) -> Response:
    return await _meeting(request)


def _number(request: Request) -> int:
    if request.path_params["number"] not in ("1", "2", "3", "4"):
        raise kernel.NotFound("There is no such page.")
    return int(request.path_params["number"])


async def _meeting(
    request: Request, status: int = 200, form: dict[str, str] | None = None, errors: dict[str, str] | None = None
) -> Response:
    mine, number = await _mine(request), _number(request)
    one = next((one for one in await movement(request).mentoring.meetings(mine.part.id) if one.number == number), None)
    kept = {
        "starts": f"{one.starts:%d-%m-%Y}", "ends": f"{one.ends:%d-%m-%Y}", "place": one.place, "note": one.note,
        "people": "" if one.people is None else str(one.people),
    } if one else {}  # fmt: skip
    return render(request, "mentor/meeting.html", status, city=mine, number=number, form=kept if form is None else form,
                  errors=errors or {}, outputs=program.OUTPUTS[number])  # fmt: skip


async def hold(request: Request) -> Response:
    """Plan a bimtek, or write down how many came."""
    form, mine = request.state.typed, await _mine(request)
    faults, days = [], {}
    for name in ("starts", "ends"):
        try:
            days[name] = day(form.get(name) or form.get("starts", ""), name)
        except kernel.Invalid as failure:
            faults.extend(failure.faults)
    try:
        people = whole(form, "people")
        if faults:
            raise kernel.Invalid(faults=faults)
        found = program.Meeting(
            _number(request), days["starts"], days["ends"], form.get("place", ""), people, form.get("note", "")
        )
        await movement(request).mentoring.hold(request.state.actor, mine.part, found)
    except kernel.Invalid as failure:
        errors = {fault.path: kernel.translate(request.state.language, fault.reason) for fault in faults}
        return await _meeting(request, 400, form, errors | field_errors(request, failure))
    return RedirectResponse(f"/pendamping/{mine.part.id}?selesai=bimtek#bimtek", 303)


# Their plan


async def plan(request: Request) -> Response:
    """The plan to read, with its roadmap."""
    mine = await _mine(request)
    kept = await movement(request).plans.read(request.state.actor, mine.region.id)
    return render(
        request, "mentor/plan.html", city=mine, kept=kept, stands=stands(kept.facts), labels=program.plan, edit="",
        readiness=program.READINESS, **drawn(request, kept.facts),
    )  # fmt: skip


async def versions(request: Request) -> Response:
    mine = await _mine(request)
    found = await compared(request, mine.region.id)
    return render(request, "mentor/versions.html", city=mine, **found)


async def their_book(request: Request) -> Response:
    return await book(request, (await _mine(request)).region.id)


async def file(request: Request) -> Response:
    """A file of one of my cities."""
    one, content = await movement(request).evidence.content(request.state.actor, id_of(request.path_params["id"]))
    return download(content, one.name, one.media_type)


PAGES = (
    page("/pendamping", home, MENTOR),
    page("/pendamping/bukti/{id}", file, MENTOR),
    page("/pendamping/{id}", city, MENTOR),
    page("/pendamping/{id}", review, MENTOR, "POST"),
    page("/pendamping/{id}/bimtek/{number}", meeting, MENTOR),
    page("/pendamping/{id}/bimtek/{number}", hold, MENTOR, "POST"),
    page("/pendamping/{id}/rencana", plan, MENTOR),
    page("/pendamping/{id}/versi", versions, MENTOR),
    page("/pendamping/{id}/{book}", their_book, MENTOR),
)
