"""My account: password, second factor, passkeys, and where I am logged in."""

from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from sekali import kernel, security
from sekali.security import Role

from .failures import field_errors
from .frame import render
from .routing import COOKIE, device, give_session, page

EVERYBODY = frozenset(Role) - {Role.SYSTEM, Role.EMERGENCY_OPERATOR}
SETTING_UP = 900.0
"""Seconds for scanning the QR and typing the first code."""
_BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))
_SYSTEMS = (
    ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)  # fmt: skip


def browser_of(agent: str) -> str:
    """``Firefox, Windows`` out of a User-Agent; its first word where neither is known."""
    found = [next((name for mark, name in marks if mark in agent), "") for marks in (_BROWSERS, _SYSTEMS)]
    return ", ".join(filter(None, found)) or agent.partition(" ")[0][:40]


async def home(request: Request) -> Response:
    return await _home(request, done=request.query_params.get("selesai", ""))


async def _home(request: Request, status: int = 200, **context: Any) -> Response:
    actor, own, provider = (
        request.state.actor,
        request.state.doors.doorkeeper.own,
        request.state.doors.doorkeeper.by_provider,
    )
    linked = await provider.linked(actor) if provider and actor.role is not Role.CITIZEN else None
    offer = await own.offer_passkey(request.url.netloc, actor)
    mine = await own.overview(actor, request.cookies[COOKIE])
    found = {"errors": {}, "form": {}, "done": ""} | context
    return render(request, "account/home.html", status, mine=mine, offer=offer, browser_of=browser_of, linked=linked,
                  provider=provider.name if provider else "", **found)  # fmt: skip


async def _refused(request: Request, failure: kernel.Invalid, password_field: str) -> Response:
    """The page again, with what is wrong beside its field."""
    errors = field_errors(request, failure)
    if "password_now" in errors:
        errors[password_field] = errors.pop("password_now")
    return await _home(request, 400, errors=errors, form={"key_name": request.state.typed.get("key_name", "")})


async def change_password(request: Request) -> Response:
    """Another password; every other session ends."""
    form, doors = request.state.typed, request.state.doors
    try:
        if form.get("password") != form.get("password_again"):
            raise kernel.Invalid("The two passwords are not the same.", path="password_again")
        token = await doors.doorkeeper.own.change_password(
            request.state.actor, form.get("old", ""), form.get("password", ""), device(request)
        )
    except kernel.Invalid as failure:
        return await _refused(request, failure, "old")
    return give_session(RedirectResponse("/akun?selesai=sandi", 303), token, doors)


async def app_form(request: Request) -> Response:
    """A QR for an authenticator app."""
    return await _app_form(request, security.new_secret())


async def _app_form(request: Request, secret: str, status: int = 200, errors: dict[str, str] | None = None) -> Response:
    actor, keeper = request.state.actor, request.state.doors.doorkeeper
    username = await keeper.own.username(actor)
    return render(
        request, "account/app.html", status, errors=errors or {}, secret=secret, address=security.app_address(secret, username),
        step=keeper.seal(secret, f"app {actor.id}"),
    )  # fmt: skip


async def set_up_app(request: Request) -> Response:
    """The first code shows that the app has the secret; then the recovery codes, once."""
    form, doors, actor = request.state.typed, request.state.doors, request.state.actor
    secret = doors.doorkeeper.unseal(form.get("step", ""), f"app {actor.id}", SETTING_UP)
    if secret is None:
        return RedirectResponse("/akun/kode", 303)
    try:
        await doors.doorkeeper.own.confirm(actor, form.get("password_now", ""), device(request).address)
        token, codes = await doors.doorkeeper.own.set_up_here(actor, secret, form.get("code", ""), device(request))
    except kernel.Invalid as failure:
        return await _app_form(request, secret, 400, field_errors(request, failure))
    return give_session(render(request, "account/codes.html", codes=codes, kept=None, to="/akun"), token, doors)


async def remove_app(request: Request) -> Response:
    form, own = request.state.typed, request.state.doors.doorkeeper.own
    try:
        await own.confirm(request.state.actor, form.get("app_password", ""), device(request).address)
        await own.remove_second_factor(request.state.actor)
    except kernel.Invalid as failure:
        return await _refused(request, failure, "app_password")
    return RedirectResponse("/akun?selesai=kode", 303)


async def add_passkey(request: Request) -> Response:
    """The browser's answer to our offer."""
    form, doors, actor = request.state.typed, request.state.doors, request.state.actor
    own = doors.doorkeeper.own
    try:
        await own.confirm(actor, form.get("key_password", ""), device(request).address)
        token = await own.add_passkey(
            request.url.netloc, actor, request.cookies[COOKIE], form.get("step", ""), form.get("credential", ""),
            form.get("key_name", ""), device(request),
        )  # fmt: skip
    except kernel.Invalid as failure:
        return await _refused(request, failure, "key_password")
    return give_session(RedirectResponse("/akun?selesai=kunci", 303), token, doors)


async def remove_passkey(request: Request) -> Response:
    await request.state.doors.doorkeeper.own.remove_passkey(request.state.actor, request.state.typed.get("id", ""))
    return RedirectResponse("/akun?selesai=kunci-lepas", 303)


async def end_sessions(request: Request) -> Response:
    """One of them, or all but this one."""
    own, actor, id = request.state.doors.doorkeeper.own, request.state.actor, request.state.typed.get("id", "")
    if id == "others":
        await own.end_other_sessions(actor, request.cookies[COOKIE])
    else:
        await own.end_session(actor, id)
    return RedirectResponse("/akun?selesai=sesi", 303)


PAGES = (
    page("/akun", home, EVERYBODY),
    page("/akun/sandi", change_password, EVERYBODY, "POST"),
    page("/akun/kode", app_form, EVERYBODY),
    page("/akun/kode", set_up_app, EVERYBODY, "POST"),
    page("/akun/kode/lepas", remove_app, EVERYBODY, "POST"),
    page("/akun/kunci", add_passkey, EVERYBODY, "POST"),
    page("/akun/kunci/lepas", remove_passkey, EVERYBODY, "POST"),
    page("/akun/sesi", end_sessions, EVERYBODY, "POST"),
)
