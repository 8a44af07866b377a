"""The doctor's desk: who waits, the chart, what was found and ordered, the referral."""

from uuid import UUID

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from sekali import care, kernel
from sekali.security import Role

from .failures import field_errors
from .forms import number, uuid_of
from .frame import render
from .routing import page

DOCTORS = {Role.DOCTOR, Role.NURSE}
ROWS = 4
"""Lines for diagnoses, medicines and allergies; each save leaves at least one empty."""
VITALS = ("systolic", "diastolic", "pulse", "temperature", "respiration", "weight", "height")


def _desk(request: Request) -> care.Care:
    return request.state.doors.care


def _visit_id(request: Request) -> UUID:
    return uuid_of(request.path_params["id"], kernel.NotFound("Your facility has no such visit."))


async def queue(request: Request) -> Response:
    """Today: those who wait, those inside, those done; and the letters that came back."""
    actor, desk = request.state.actor, _desk(request)
    facility = await desk.facilities.one(actor.facility)
    sent = await desk.referrals.sent(actor)
    return render(
        request, "doctor/queue.html", queue=await desk.consultation.queue(actor), facility=facility, sent=sent[:30]
    )


async def chart(request: Request) -> Response:
    return await _chart(request)


async def _chart(
    request: Request, status: int = 200, form: dict[str, str] | None = None, errors: dict[str, str] | None = None,
    choices: dict[str, list[care.IcdTerm]] | None = None, saved: bool = False,
) -> Response:  # fmt: skip
    desk, actor = _desk(request), request.state.actor
    shown = await desk.consultation.chart(actor, _visit_id(request))
    facility = await desk.facilities.one(actor.facility)
    return render(
        request, "doctor/chart.html", status, chart=shown, form=_filled(shown) if form is None else form, errors=errors or {},
        choices=choices or {}, vitals=VITALS, rows=_rows(form or _filled(shown)), saved=saved, facility=facility,
        departments=await desk.facilities.department_names(),
    )  # fmt: skip


def _filled(chart: care.Chart) -> dict[str, str]:
    """The form as the record has it."""
    found = chart.examination
    form = {"complaint": found.complaint}
    form |= {name: "" if (value := getattr(found.vitals, name)) is None else f"{value:f}" for name in VITALS}
    form |= {f"diagnosis_{n}": f"{one.code} {one.text}" for n, one in enumerate(found.diagnoses, 1)}
    for n, one in enumerate(found.medications, 1):
        form |= {f"drug_{n}": one.name, f"dose_{n}": one.dose, f"quantity_{n}": one.quantity}
    return form


def _rows(form: dict[str, str]) -> dict[str, range]:
    """How many lines each list shows: those filled and one more, at least ROWS for medicines."""

    def upto(prefix: str, least: int) -> range:
        filled = [
            int(key.rpartition("_")[2]) for key in form if key.startswith(prefix) and form[key] and key[-1].isdigit()
        ]
        return range(1, min(max([least, *(n + 1 for n in filled)]), 20) + 1)

    return {"diagnosis": upto("diagnosis_", 2), "drug": upto("drug_", 3), "allergy": upto("allergy_", 1)}


async def call_in(request: Request) -> Response:
    await _desk(request).consultation.start(request.state.actor, _visit_id(request))
    return RedirectResponse(f"/dokter/{_visit_id(request)}", 303)


async def save(request: Request) -> Response:
    """Keep the form; then stay, refer, finish or send back, as the button says."""
    form, actor, desk, id = request.state.typed, request.state.actor, _desk(request), _visit_id(request)
    if form.get("action") == "absent":
        await desk.consultation.cancel(actor, id)
        return RedirectResponse("/dokter", 303)
    found, errors, choices = _examination(form, request.state.language)
    if errors:
        return await _chart(request, 400, form, errors, choices)
    try:
        await desk.consultation.start(actor, id)
        await desk.consultation.examine(actor, id, found)
        if form.get("action") == "send-back":
            await desk.consultation.send_back(actor, id, form.get("letter", "")[:4000])
            return RedirectResponse("/dokter", 303)
    except kernel.Invalid as failure:
        return await _chart(request, 400, form, field_errors(request, failure))
    if form.get("action") == "finish":
        await desk.consultation.finish(actor, id)
        return RedirectResponse("/dokter", 303)
    if form.get("action") == "refer":
        return RedirectResponse(f"/dokter/{id}/rujuk?poli={form.get('refer_to', '')}", 303)
    return await _chart(request, saved=True)


def _examination(
    form: dict[str, str], language: str
) -> tuple[care.Examination, dict[str, str], dict[str, list[care.IcdTerm]]]:
    """What the form says; beside it errors by field, and diagnoses to choose from where words fit several."""
    errors: dict[str, str] = {}
    choices: dict[str, list[care.IcdTerm]] = {}
    vitals = {}
    for name in VITALS:
        try:
            vitals[name] = number(form.get(name, ""), name)
        except kernel.Invalid as failure:
            errors[name] = kernel.translate(language, failure.faults[0].reason)
    diagnoses = []
    for n in range(1, 21):
        field = f"diagnosis_{n}"
        text = form.get(f"choice_{n}") or form.get(field, "")
        if not text:
            continue
        term = care.icd.term(text.split()[0])
        if term is None:
            choices[field] = care.icd.search(text)
            message = (
                "Choose one of these." if choices[field] else "No diagnosis has these words. Try another, or a code."
            )
            errors[field] = kernel.translate(language, message)
        else:
            diagnoses.append(care.Diagnosis(term.code, term.text(language)))
    rows = range(1, 21)
    medications = [
        care.Medication(form[f"drug_{n}"][:200], form.get(f"dose_{n}", "")[:200], form.get(f"quantity_{n}", "")[:60])
        for n in rows if form.get(f"drug_{n}")
    ]  # fmt: skip
    allergies = [
        care.Allergy(form[f"allergy_{n}"][:200], form.get(f"reaction_{n}", "")[:200])
        for n in rows
        if form.get(f"allergy_{n}")
    ]
    found = care.Examination(
        form.get("complaint", "")[:400], care.Vitals(**vitals), tuple(diagnoses), tuple(medications), tuple(allergies)
    )
    return found, errors, choices


async def icd(request: Request) -> Response:
    """What fits the words typed so far, for the live list; pages work without it."""
    language = request.state.language
    found = care.icd.search(request.query_params.get("q", "")[:100])
    return JSONResponse([{"code": term.code, "text": term.text(language)} for term in found])


async def offers(request: Request) -> Response:
    """Hospitals that fit."""
    return await _offers(request, request.query_params.get("poli", ""))


async def _offers(request: Request, department: str, status: int = 200, error: str = "") -> Response:
    desk, actor = _desk(request), request.state.actor
    shown = await desk.consultation.chart(actor, _visit_id(request))
    options = await desk.referrals.fitting(actor, department)
    return render(
        request, "doctor/offers.html", status, chart=shown, options=options, department=department, form=request.state.typed,
        departments=await desk.facilities.department_names(), error=error,
    )  # fmt: skip


async def refer(request: Request) -> Response:
    """Ask the hospital, and show the letter."""
    form, language = request.state.typed, request.state.language
    try:
        hospital = UUID(form.get("hospital", ""))
    except ValueError:
        message = kernel.translate(language, "Choose a hospital that has this department.")
        return await _offers(request, form.get("department", ""), 400, message)
    try:
        referral = await _desk(request).referrals.refer(
            request.state.actor, _visit_id(request), hospital, form.get("department", ""), form.get("reason", "")[:2000],
            form.get("priority", "routine"),
        )  # fmt: skip
    except (kernel.Invalid, kernel.Conflict) as failure:
        return await _offers(request, form.get("department", ""), 400, failure.text(language))
    return RedirectResponse(f"/surat/{referral.id}", 303)


PAGES = (
    page("/dokter", queue, DOCTORS),
    page("/dokter/icd", icd, DOCTORS),
    page("/dokter/{id}", chart, DOCTORS),
    page("/dokter/{id}", save, DOCTORS, "POST"),
    page("/dokter/{id}/panggil", call_in, DOCTORS, "POST"),
    page("/dokter/{id}/rujuk", offers, DOCTORS),
    page("/dokter/{id}/rujuk", refer, DOCTORS, "POST"),
)
