"""The entrance: start page, login, activation, language."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from sekali import kernel

from .failures import field_errors
from .frame import HOME, render
from .keep import kept_before
from .routing import COOKIE, PUBLIC, page

YEAR = 365 * 86400
SESSION = 12 * 3600


async def start(request: Request) -> Response:
    """Who are you? Those who are logged in go to their desk."""
    if request.state.actor:
        return RedirectResponse(HOME.get(request.state.actor.role, "/kota"), 303)
    return render(request, "entrance/start.html")


async def login_form(request: Request) -> Response:
    return render(request, "entrance/login.html", kept=None, again=False, to=request.query_params.get("ke", ""))


async def log_in(request: Request) -> Response:
    """Come in; what was typed before the session ended comes along."""
    form, doors = request.state.typed, request.state.doors
    address = request.client.host if request.client else ""
    before = kept_before(form)
    try:
        token = await doors.doorkeeper.log_in(form.get("username", ""), form.get("password", ""), address)
    except (kernel.Unauthenticated, kernel.Forbidden) as failure:
        status = 401 if isinstance(failure, kernel.Unauthenticated) else 429
        return render(request, "entrance/login.html", status, kept=before, again=False, to=form.get("to", ""),
                      username=form.get("username", ""), error=failure.text(request.state.language))  # fmt: skip
    request.state.actor = await doors.doorkeeper.session(token)
    if before is not None and before.fields:
        response = render(request, "entrance/continue.html", kept=before)
    else:
        to = form.get("to", "")
        inside = to.startswith("/") and not to.startswith("//") and "\\" not in to
        response = RedirectResponse(to if inside else HOME.get(request.state.actor.role, "/"), 303)
    response.set_cookie(COOKIE, token, max_age=SESSION, httponly=True, samesite="lax", secure=doors.settings.https)
    return response


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
    return render(
        request, "entrance/login.html", kept=None, again=False, username=form.get("username", ""), welcome=True
    )


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
    page("/keluar", log_out, PUBLIC, "POST"),
    page("/aktivasi", activation_form, PUBLIC),
    page("/aktivasi", activate, PUBLIC, "POST"),
    page("/bahasa", language, PUBLIC, "POST"),
)
NOT_FOUND = page("/{rest:path}", not_found, PUBLIC)
