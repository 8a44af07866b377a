"""The closing day: categories, winners and how they were computed, certificates, the ceremony and its big screen."""

import asyncio

from starlette.requests import Request
from starlette.responses import Response

from sekali import kernel, program

from .files import certificate, download
from .frame import render
from .routing import page
from .secretariat import SECRETARIAT, back, cohort_of, movement


def category_lines(categories: list[program.Category]) -> str:
    """Categories as lines: name | panel or completed | part | places."""
    return "\n".join(f"{c.name} | {c.rule.by} | {c.rule.part} | {c.rule.places}" for c in categories)


def read_categories(text: str) -> list[tuple[str, program.Rule]]:
    """Lines as categories. Raises Invalid that names the line."""
    found = []
    for place, line in enumerate((line for line in text.splitlines() if line.strip()), 1):
        cells = [cell.strip() for cell in line.split("|")]
        name, by, part, places = (cells + ["", "", ""])[:4]
        if by not in ("panel", "completed") or not (places or "1").isdecimal():
            raise kernel.Invalid(
                faults=[kernel.Fault(f"{place}", "Write: name | panel or completed | part of the instrument | places.")]
            )
        found.append((name, program.Rule(by, part, int(places or 1))))
    return found


async def awards(request: Request) -> Response:
    return await _awards(request)


async def _awards(request: Request, status: int = 200, error: str = "") -> Response:
    m, found, actor = movement(request), await cohort_of(request), request.state.actor
    categories = await m.awards.categories(actor, found)
    parts = (
        [(p.key, p.name) for p in (await m.panel.instrument(found)).content.parts]
        if found.settings.panel_instrument
        else []
    )
    return render(request, "secretariat/awards.html", status, cohort=found, categories=categories, error=error, parts=parts,
                  lines=request.state.typed.get("categories") or category_lines(categories),
                  ceremony=await m.awards.ceremony(found.id), certificates=await m.awards.certificates(actor, found))  # fmt: skip


async def change_awards(request: Request) -> Response:
    m, form, actor, found = movement(request), request.state.typed, request.state.actor, await cohort_of(request)
    try:
        match form.get("action"):
            case "categories":
                await m.awards.set_categories(actor, found, read_categories(form.get("categories", "")))
            case "compute":
                await m.awards.compute(actor, found)
            case "certify":
                await m.awards.certify(actor, found)
            case "withdraw":
                await m.awards.withdraw(actor, form.get("code", ""), form.get("reason", ""))
            case _:
                raise kernel.Invalid("Choose what to do.")
    except kernel.Invalid as failure:
        faults = "; ".join(f"{f.path}: {kernel.translate(request.state.language, f.reason)}" for f in failure.faults)
        return await _awards(request, 400, faults or failure.text(request.state.language))
    except kernel.Conflict as failure:
        return await _awards(request, 409, failure.text(request.state.language))
    return back(request)


async def control(request: Request) -> Response:
    """The hand on the ceremony: what comes next, what was shown."""
    return await _control(request)


async def _control(request: Request, status: int = 200, error: str = "") -> Response:
    m, found, actor = movement(request), await cohort_of(request), request.state.actor
    return render(request, "secretariat/control.html", status, cohort=found, error=error,
                  categories=await m.awards.categories(actor, found), ceremony=await m.awards.ceremony(found.id),
                  steps=await m.awards.steps(found.id))  # fmt: skip


async def go(request: Request) -> Response:
    m, form, found = movement(request), request.state.typed, await cohort_of(request)
    seen = form.get("version", "")
    try:
        await m.awards.go(request.state.actor, found, form.get("action", ""), int(seen) if seen.isdecimal() else -1)
    except (kernel.Conflict, kernel.PreconditionFailed) as failure:
        return await _control(request, 409, failure.text(request.state.language))
    return back(request)


async def screen(request: Request) -> Response:
    """The big screen: the category that was revealed last, nothing of those to come."""
    m, found, actor = movement(request), await cohort_of(request), request.state.actor
    ceremony = await m.awards.ceremony(found.id)
    categories = await m.awards.categories(actor, found)
    shown = categories[ceremony.revealed - 1] if ceremony.revealed else None
    return render(
        request, "secretariat/screen.html", cohort=found, shown=shown, ceremony=ceremony, count=len(categories)
    )


async def paper(request: Request) -> Response:
    """One certificate as PDF."""
    m, found, actor = movement(request), await cohort_of(request), request.state.actor
    code = request.path_params["code"]
    one = next((c for c in await m.awards.certificates(actor, found) if c.code == code), None)
    if one is None:
        raise kernel.NotFound("There is no such certificate.")
    content = await asyncio.to_thread(certificate, request, one)
    return download(content, f"sertifikat-{one.number.replace('/', '-')}.pdf", "application/pdf")


PAGES = (
    page("/sekretariat/kohort/{slug}/penghargaan", awards, SECRETARIAT),
    page("/sekretariat/kohort/{slug}/penghargaan", change_awards, SECRETARIAT, "POST"),
    page("/sekretariat/kohort/{slug}/sertifikat/{code}.pdf", paper, SECRETARIAT),
    page("/sekretariat/kohort/{slug}/acara", control, SECRETARIAT),
    page("/sekretariat/kohort/{slug}/acara", go, SECRETARIAT, "POST"),
    page("/layar/{slug}", screen, SECRETARIAT),
)
