"""The secretariat's desk: cohorts and who is in them, people, instruments, mentoring."""

import re
from datetime import date
from decimal import Decimal
from uuid import UUID

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from sekali import kernel, program
from sekali.security import Role

from .forms import day, number, uuid_of
from .frame import render
from .routing import page

SECRETARIAT = {Role.SECRETARIAT}
SETTINGS = ("quick_wins", "days", "blocks", "rooms", "slots", "panel", "minutes")


def movement(request: Request) -> program.Program:
    """The movement's facade."""
    return request.state.doors.program


async def cohort_of(request: Request) -> program.Cohort:
    """The cohort of the address. Raises NotFound."""
    return await movement(request).cohorts.by_slug(request.path_params["slug"])


def id_of(text: str) -> UUID:
    """An id of an address or a form. Raises NotFound."""
    return uuid_of(text, kernel.NotFound("There is no such entry."))


def whole(form: dict[str, str], name: str) -> int | None:
    """A whole number of a form; None when empty. Raises Invalid."""
    value = form.get(name, "")
    if value and not re.fullmatch(r"\d{1,6}", value):
        raise kernel.Invalid(faults=[kernel.Fault(name, "Write a whole number.")])
    return int(value) if value else None


def back(request: Request, place: str = "") -> Response:
    """To the page that the form stood on, or to ``place``."""
    return RedirectResponse(place or request.url.path, 303)


async def home(request: Request) -> Response:
    """All cohorts; what is late in those that run, and whom to call."""
    m, actor = movement(request), request.state.actor
    cohorts = await m.cohorts.all()
    counts: dict[UUID, dict[str, int]] = {}
    for one in await m.cohorts.participations():
        states = counts.setdefault(one.cohort, {})
        states[one.state] = states.get(one.state, 0) + 1
    today = kernel.in_zone(kernel.now(), actor.zone).date()
    late = [(cohort, one) for cohort in cohorts[:8] for one in (await m.mentoring.late(actor, cohort.id, today))[:20]]
    return render(request, "secretariat/home.html", cohorts=cohorts, counts=counts, late=late[:40],
                  progress=await m.cohorts.progress(), form={"year": today.year}, errors={})  # fmt: skip


async def open_cohort(request: Request) -> Response:
    form = request.state.typed
    cohort = await movement(request).cohorts.open(
        request.state.actor, whole(form, "year") or 0, form.get("name", ""), whole(form, "target"), "rehearsal" in form
    )
    return back(request, f"/sekretariat/kohort/{cohort.slug}")


# One cohort


async def cohort(request: Request) -> Response:
    """Settings, stages, participants."""
    m = movement(request)
    found = await cohort_of(request)
    regions, people = await m.regions.all(), await m.mentoring.mentors(found.id)
    parts = sorted(await m.cohorts.participations(found.id), key=lambda p: regions[p.region].full_name)
    inside = {part.region for part in parts}
    return render(
        request, "secretariat/cohort.html", cohort=found, parts=parts, regions=regions, mentors=people, nexts=program.NEXT,
        others=[region for region in regions.values() if region.id not in inside], stages=await m.cohorts.stages(found.id),
        stage_lines=stage_lines(await m.cohorts.stages(found.id)), limits=program.LIMITS,
        instruments={kind: [i for i in await m.sheets.versions(kind) if i.adopted_at] for kind in ("selection", "panel")},
        together=together(parts),
    )  # fmt: skip


def together(parts: list[program.Participation]) -> list[tuple[str, str, int]]:
    """Steps that all regions of one state can take at once: from, to, how many."""
    counts: dict[str, int] = {}
    for part in parts:
        counts[part.state] = counts.get(part.state, 0) + 1
    return [
        (state, after, n) for state, n in counts.items() for after in program.NEXT[state]
        if after not in program.REASONED and after not in ("invited", "selected")
    ]  # fmt: skip


async def configure(request: Request) -> Response:
    m, form = movement(request), request.state.typed
    found = await cohort_of(request)
    if whole(form, "version") != found.version:
        raise kernel.PreconditionFailed("Somebody else changed this cohort meanwhile. Look at it again.")
    changes: dict[str, object] = {name: whole(form, name) for name in SETTINGS}
    changes |= {
        name: id_of(form[name]) if form.get(name) else None for name in ("selection_instrument", "panel_instrument")
    }
    changes["counts"] = form.get("counts") or None
    starts = form.get("starts_at", "").replace(".", ":")
    if starts and not re.fullmatch(r"([01]?\d|2[0-3]):[0-5]\d", starts):
        raise kernel.Invalid(faults=[kernel.Fault("starts_at", "Write the time as hours and minutes, such as 08.30.")])
    changes["starts_at"] = starts or None
    await m.cohorts.configure(request.state.actor, found, changes)
    return back(request, f"/sekretariat/kohort/{found.slug}#pengaturan")


def stage_lines(stages: list[program.Stage]) -> str:
    """Stages as lines of text: name | from | to | place | note | source."""
    return "\n".join(
        " | ".join((s.name, str(s.starts or ""), str(s.ends or ""), s.place, s.note, s.source))
        for s in stages
    )  # fmt: skip


def read_stages(text: str) -> list[program.Stage]:
    """Lines of text as stages. Raises Invalid that names the line."""
    found = []
    for position, line in enumerate((line for line in text.splitlines() if line.strip()), 1):
        cells = [cell.strip() for cell in line.split("|")]
        name, starts, ends, place, note, source = (cells + [""] * 6)[:6]
        days: list[date | None] = [day(text, f"{position}") if text else None for text in (starts, ends)]
        found.append(program.Stage(position, name, *days, place, note, source))
    return found


async def stages(request: Request) -> Response:
    found = await cohort_of(request)
    await movement(request).cohorts.set_stages(
        request.state.actor, found, read_stages(request.state.typed.get("stages", ""))
    )
    return back(request, f"/sekretariat/kohort/{found.slug}#tahapan")


async def invite(request: Request) -> Response:
    """Several regions at once: each box of the list is a field of its own."""
    found = await cohort_of(request)
    chosen = [id_of(name.removeprefix("r.")) for name in request.state.typed if name.startswith("r.")]
    await movement(request).cohorts.invite(request.state.actor, found, chosen)
    return back(request, f"/sekretariat/kohort/{found.slug}#peserta")


async def move_all(request: Request) -> Response:
    """All regions that stand at one state go on together."""
    found = await cohort_of(request)
    before, _, after = request.state.typed.get("step", "").partition(">")
    await movement(request).cohorts.move_all(request.state.actor, found, before, after)
    return back(request, f"/sekretariat/kohort/{found.slug}#peserta")


async def participant(request: Request) -> Response:
    """One region in one cohort: its way, its mentors, its contact, its team's invitation."""
    return await _participant(request)


async def _participant(request: Request, status: int = 200, code: str = "", error: str = "") -> Response:
    m, found = movement(request), await cohort_of(request)
    part = await m.cohorts.participation(id_of(request.path_params["id"]))
    return render(
        request, "secretariat/participant.html", status, cohort=found, part=part, region=await m.regions.one(part.region),
        steps=await m.cohorts.steps(part.id), nexts=program.NEXT[part.state], people=await m.mentoring.people("mentor"),
        mentors=(await m.mentoring.mentors(found.id)).get(part.id, []), code=code, error=error,
        outputs=await m.mentoring.outputs(request.state.actor, part), form=request.state.typed,
    )  # fmt: skip


async def change_participant(request: Request) -> Response:
    """A step, a contact, mentors, an invitation of the city's team."""
    m, form, actor = movement(request), request.state.typed, request.state.actor
    part = await m.cohorts.participation(id_of(request.path_params["id"]))
    try:
        match form.get("action"):
            case "move":
                await m.cohorts.move(actor, part.id, form.get("state", ""), form.get("reason", ""))
            case "contact":
                await m.cohorts.set_contact(actor, part.id, form.get("contact_name", ""), form.get("contact_phone", ""))
            case "mentors":
                chosen = [form[name] for name in ("mentor_1", "mentor_2", "mentor_3", "mentor_4") if form.get(name)]
                await m.mentoring.appoint(actor, part.id, [id_of(one) for one in chosen])
            case "invite":
                region = await m.regions.one(part.region)
                name = form.get("team_name", "") or f"Tim Smart City {region.full_name}"
                return await _participant(request, code=await _team_code(request, region, name[:120]))
            case _:
                raise kernel.Invalid("Choose what to do.")
    except (kernel.Invalid, kernel.Conflict) as failure:
        return await _participant(request, 400, error=failure.text(request.state.language))
    return back(request)


async def _team_code(request: Request, region: program.Region, name: str) -> str:
    doors, actor = request.state.doors, request.state.actor
    return await doors.program.mentoring.invite(
        actor, doors.doorkeeper, name=name, role=Role.CITY_TEAM, place=region.id, place_name=region.full_name
    )


# People


async def people(request: Request) -> Response:
    """Mentors and assessors, their conflicts, their invitations."""
    return await _people(request)


async def _people(request: Request, status: int = 200, **more: object) -> Response:
    m = movement(request)
    context: dict[str, object] = {"code": "", "invited": "", "error": "", "form": request.state.typed} | more
    return render(request, "secretariat/people.html", status, people=await m.mentoring.people(),
                  regions=await m.regions.all(), conflicts=await m.panel.conflicts(), dimensions=program.DIMENSIONS,
                  **context)  # fmt: skip


async def change_people(request: Request) -> Response:
    """A new person, somebody put to rest or back, a conflict declared, an invitation."""
    m, form, actor, doors = movement(request), request.state.typed, request.state.actor, request.state.doors
    try:
        match form.get("action"):
            case "add":
                await m.mentoring.add_person(actor, _typed_person(form))
            case "rest":
                one = await m.mentoring.person(id_of(form.get("person", "")))
                values = {name: getattr(one, name) for name in one.__slots__} | {"active": not one.active}
                await m.mentoring.add_person(actor, program.Person(**values))
            case "conflict":
                await m.panel.declare(actor, id_of(form.get("person", "")), id_of(form.get("region", "")),
                                      form.get("reason", ""))  # fmt: skip
            case "invite":
                one = await m.mentoring.person(id_of(form.get("person", "")))
                code = await m.mentoring.invite(
                    actor, doors.doorkeeper, name=one.name, role=Role(one.role), place=one.id, place_name=""
                )
                return await _people(request, code=code, invited=one.name, form={})
            case _:
                raise kernel.Invalid("Choose what to do.")
    except (kernel.Invalid, kernel.Conflict) as failure:
        return await _people(request, 400, error=_words(request, failure))
    return back(request)


def _words(request: Request, failure: kernel.Failure) -> str:
    """A failure with its faults in one line."""
    language = request.state.language
    faults = failure.faults if isinstance(failure, kernel.Invalid) else ()
    return " ".join([failure.text(language), *(kernel.translate(language, fault.reason) for fault in faults)])


def _typed_person(form: dict[str, str]) -> program.Person:
    role = form.get("role", "")
    if role not in ("mentor", "assessor"):
        raise kernel.Invalid(faults=[kernel.Fault("role", "Choose mentor or assessor.")])
    return program.Person(
        kernel.new_id(kernel.CITY), role, form.get("name", ""), form.get("institution", ""), form.get("phone", ""),
        id_of(form["home"]) if form.get("home") else None, [key for key in program.DIMENSIONS if f"d.{key}" in form],
        whole(form, "most") or 0, True,
    )  # fmt: skip


# Instruments

KINDS = ("selection", "panel", "evaluation")


async def instruments(request: Request) -> Response:
    return render(request, "secretariat/instruments.html", versions=await movement(request).sheets.versions())


async def instrument(request: Request) -> Response:
    return await _instrument(request)


async def _instrument(request: Request, status: int = 200, faults: list[tuple[str, str]] | None = None) -> Response:
    m, which, form = movement(request), request.path_params["id"], request.state.typed
    kind = _kind_of(request.query_params.get("jenis"))
    found = None if which == "baru" else await m.sheets.instrument(id_of(which))
    empty = {"kind": kind, "name": "", "top": "4", "source": "", "lines": ""}
    kept = empty if found is None else {
        "kind": found.kind, "name": found.name, "top": f"{found.content.top:f}", "source": found.source,
        "whole": "1" if found.content.whole else "", "lines": "\n".join(part_lines(found.content.parts)),
    }  # fmt: skip
    return render(request, "secretariat/instrument.html", status, found=found, faults=faults or [], kinds=KINDS,
                  form=form | {"kind": _kind_of(form.get("kind"))} if form else kept)  # fmt: skip


def _kind_of(said: str | None) -> str:
    """What somebody wrote into an address or a field, if there is such a kind of instrument."""
    return said if said in KINDS else "panel"


async def change_instrument(request: Request) -> Response:
    """Keep a draft, adopt it, or begin a new version from it."""
    m, form, actor, which = movement(request), request.state.typed, request.state.actor, request.path_params["id"]
    try:
        content = program.instruments.Instrument(
            form.get("name", "")[:120] or "?", number(form.get("top", ""), "top") or Decimal(0),
            read_parts(form.get("lines", "")), "whole" in form,
        )  # fmt: skip
        draft = None if which == "baru" or form.get("action") == "new" else id_of(which)
        kind = form.get("kind", "")
        if kind not in KINDS:
            raise kernel.Invalid("Choose what the instrument is for.")
        id = await m.sheets.draft(actor, kind, content, form.get("source", ""), draft)
        if form.get("action") == "adopt":
            await m.sheets.adopt(actor, id)
    except kernel.Invalid as failure:
        faults = [(fault.path, kernel.translate(request.state.language, fault.reason)) for fault in failure.faults]
        return await _instrument(request, 400, faults or [("", failure.text(request.state.language))])
    return back(request, f"/sekretariat/instrumen/{id}")


def part_lines(parts: tuple[program.instruments.Part, ...], depth: int = 0) -> list[str]:
    """An instrument as lines: key | name | weight | highest answer; a dash for each level."""
    lines = []
    for part in parts:
        cells = (
            part.key,
            part.name,
            "" if part.weight is None else f"{part.weight:f}",
            "" if part.most is None else f"{part.most:f}",
        )
        lines.append("- " * depth + " | ".join(cells).rstrip(" |"))
        lines += part_lines(part.parts, depth + 1)
    return lines


def read_parts(text: str) -> tuple[program.instruments.Part, ...]:
    """Lines as the parts of an instrument. Raises Invalid that names the line."""
    rows: list[tuple[int, program.instruments.Part]] = []
    for place, line in enumerate(text.splitlines()[: program.instruments.MOST_PARTS], 1):
        if not line.strip():
            continue
        dashes = re.match(r"[\s-]*", line)[0].count("-")
        cells = [cell.strip() for cell in line.lstrip(" -\t").split("|")]
        key, name, weight, most = (cells + [""] * 4)[:4]
        if not name:
            raise kernel.Invalid(
                faults=[kernel.Fault(f"{place}", "Write key, name and weight with a bar between them: |")]
            )
        rows.append((dashes, program.instruments.Part(
            key[:60], name[:200], number(weight, f"{place}"), (), number(most, f"{place}"))))  # fmt: skip
    return _nested(rows, 0)


def _nested(rows: list[tuple[int, program.instruments.Part]], depth: int) -> tuple[program.instruments.Part, ...]:
    """Each row with the deeper rows after it as its parts."""
    found = []
    starts = [n for n, (level, _) in enumerate(rows) if n == 0 or level <= depth]
    for start, end in zip(starts, [*starts, len(rows)][1:], strict=False):
        part = rows[start][1]
        inner = _nested(rows[start + 1 : end], depth + 1)
        found.append(program.instruments.Part(part.key, part.name, part.weight, inner, part.most))
    return tuple(found)


PAGES = (
    page("/sekretariat", home, SECRETARIAT),
    page("/sekretariat", open_cohort, SECRETARIAT, "POST"),
    page("/sekretariat/orang", people, SECRETARIAT),
    page("/sekretariat/orang", change_people, SECRETARIAT, "POST"),
    page("/sekretariat/instrumen", instruments, SECRETARIAT),
    page("/sekretariat/instrumen/{id}", instrument, SECRETARIAT),
    page("/sekretariat/instrumen/{id}", change_instrument, SECRETARIAT, "POST"),
    page("/sekretariat/kohort/{slug}", cohort, SECRETARIAT),
    page("/sekretariat/kohort/{slug}/pengaturan", configure, SECRETARIAT, "POST"),
    page("/sekretariat/kohort/{slug}/tahapan", stages, SECRETARIAT, "POST"),
    page("/sekretariat/kohort/{slug}/undang", invite, SECRETARIAT, "POST"),
    page("/sekretariat/kohort/{slug}/bersama", move_all, SECRETARIAT, "POST"),
    page("/sekretariat/kohort/{slug}/peserta/{id}", participant, SECRETARIAT),
    page("/sekretariat/kohort/{slug}/peserta/{id}", change_participant, SECRETARIAT, "POST"),
)
