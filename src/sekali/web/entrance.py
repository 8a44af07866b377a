"""The entrance: start page, login in one step or two, activation, language."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from sekali import kernel, security

from .failures import field_errors
from .frame import HOME, render
from .keep import Kept, kept_before
from .login import login_page
from .routing import COOKIE, PUBLIC, device, give_session, page

YEAR = 365 * 86400


async def start(request: Request) -> Response:
    """Who are you? Those who are logged in go to their desk."""
    if request.state.actor:
        return RedirectResponse(HOME.get(request.state.actor.role, "/kota"), 303)
    return render(request, "entrance/start.html")


async def login_form(request: Request) -> Response:
    return login_page(request, to=request.query_params.get("ke", ""))


async def log_in(request: Request) -> Response:
    """Come in; what was typed before the session ended comes along."""
    form, at = request.state.typed, device(request)
    keeper = request.state.doors.doorkeeper
    try:
        entered = await keeper.log_in(form.get("username", ""), form.get("password", ""), at.address, at.browser)
    except (kernel.Unauthenticated, kernel.Forbidden) as failure:
        return _not_in(request, failure)
    if isinstance(entered, security.NextStep):
        return _next_step(request, entered)
    return await _inside(request, entered)


async def answer(request: Request) -> Response:
    """The second factor, or the first code of an app that was set up just now."""
    form, at = request.state.typed, device(request)
    keeper = request.state.doors.doorkeeper
    try:
        token, codes = await keeper.answer(form.get("step", ""), form.get("code", ""), at.address, at.browser)
    except (kernel.Unauthenticated, kernel.Forbidden, kernel.Invalid) as failure:
        step = await keeper.next_step(form.get("step", ""))
        if step is None or isinstance(failure, kernel.Forbidden):
            return _not_in(request, failure)
        return _next_step(request, step, failure.text(request.state.language), 401)
    if not codes:
        return await _inside(request, token)
    request.state.actor = await keeper.session(token)
    page = render(request, "account/codes.html", codes=codes, kept=_typed_before(form), to=_target(request))
    return give_session(page, token, request.state.doors)


async def enter_by_passkey(request: Request) -> Response:
    form, at = request.state.typed, device(request)
    try:
        token = await request.state.doors.doorkeeper.enter_by_passkey(
            request.url.netloc, form.get("step", ""), form.get("credential", ""), at.address, at.browser
        )
    except kernel.Invalid as failure:
        return _not_in(request, failure)
    return await _inside(request, token)


def _not_in(request: Request, failure: kernel.Failure) -> Response:
    """The log-in page again, with what is wrong."""
    form = request.state.typed
    return login_page(
        request, 429 if isinstance(failure, kernel.Forbidden) else 401, kept=kept_before(form), to=form.get("to", ""),
        username=form.get("username", ""), error=failure.text(request.state.language),
    )  # fmt: skip


def _next_step(request: Request, step: security.NextStep, error: str = "", status: int = 200) -> Response:
    form = request.state.typed
    return render(
        request, "entrance/app.html" if step.secret else "entrance/code.html", status, step=step, error=error,
        kept=kept_before(form), to=form.get("to", ""),
        address=security.app_address(step.secret, step.username) if step.secret else "",
    )  # fmt: skip


def _typed_before(form: dict[str, str]) -> Kept | None:
    before = kept_before(form)
    return before if before is not None and before.fields else None


def _target(request: Request) -> str:
    """Where to go on: only a path of this site."""
    to = request.state.typed.get("to", "")
    inside = to.startswith("/") and not to.startswith("//") and "\\" not in to
    return to if inside else HOME.get(request.state.actor.role, "/")


async def _inside(request: Request, token: str) -> Response:
    """To the desk, or back to what was typed before the session ended."""
    doors = request.state.doors
    request.state.actor = await doors.doorkeeper.session(token)
    before = _typed_before(request.state.typed)
    response = (
        render(request, "entrance/continue.html", kept=before)
        if before is not None
        else RedirectResponse(_target(request), 303)
    )
    return give_session(response, token, doors)


async def log_out(request: Request) -> Response:
    if token := request.cookies.get(COOKIE):
        await request.state.doors.doorkeeper.log_out(token)
    response = RedirectResponse("/", 303)
    response.delete_cookie(COOKIE, httponly=True, samesite="lax", secure=request.state.doors.settings.https)
    return response


async def activation_form(request: Request) -> Response:
    return render(request, "entrance/activation.html", form={}, errors={})


async def activate(request: Request) -> Response:
    """A citizen turns the code from the slip into an account."""
    form = request.state.typed
    try:
        if form.get("password") != form.get("password_again"):
            raise kernel.Invalid("The two passwords are not the same.", path="password_again")
        await request.state.doors.doorkeeper.activate(
            form.get("code", ""), form.get("username", ""), form.get("password", "")
        )
    except kernel.Invalid as failure:
        return render(request, "entrance/activation.html", 400, form=form, errors=field_errors(request, failure))
    except kernel.Conflict as failure:
        errors = {failure.path or "username": failure.text(request.state.language)}
        return render(request, "entrance/activation.html", 409, form=form, errors=errors)
    return login_page(request, username=form.get("username", ""), welcome=True)


async def language(request: Request) -> Response:
    form = request.state.typed
    to = form.get("to", "/")
    response = RedirectResponse(to if to.startswith("/") and not to.startswith("//") and "\\" not in to else "/", 303)
    if form.get("lang") in kernel.LANGUAGES:
        secure = request.state.doors.settings.https
        response.set_cookie("lang", form["lang"], max_age=YEAR, samesite="lax", httponly=True, secure=secure)
    return response


async def not_found(request: Request) -> Response:
    raise kernel.NotFound("There is no such page.")


PAGES = (
    page("/", start, PUBLIC),
    page("/masuk", login_form, PUBLIC),
    page("/masuk", log_in, PUBLIC, "POST"),
    page("/masuk/kode", answer, PUBLIC, "POST"),
    page("/masuk/kunci", enter_by_passkey, PUBLIC, "POST"),
    page("/keluar", log_out, PUBLIC, "POST"),
    page("/aktivasi", activation_form, PUBLIC),
    page("/aktivasi", activate, PUBLIC, "POST"),
    page("/bahasa", language, PUBLIC, "POST"),
)
NOT_FOUND = page("/{rest:path}", not_found, PUBLIC)
