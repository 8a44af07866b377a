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
TRIP = "sekali_penyedia"
"""The cookie of somebody on the way to the OpenID provider and back."""
THERE_TOO = "sekali_di_penyedia"
"""The cookie that says: came in by the provider, so perhaps is still logged in there after logging out here."""
LONGEST_TARGET = 500


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


def _by_provider(request: Request) -> security.ByProvider:
    """Raises NotFound when there is none."""
    found = request.state.doors.doorkeeper.by_provider
    if found is None:
        raise kernel.NotFound("There is no such page.")
    return found


async def depart(request: Request) -> Response:
    """To the OpenID provider. A link and no form: the content policy lets forms lead to no other site."""
    request.state.typed = {"to": request.query_params.get("ke", "")[:LONGEST_TARGET]}
    try:
        departure = await _by_provider(request).depart(request.url.netloc, request.state.typed["to"])
    except (kernel.Unauthenticated, kernel.Unavailable) as failure:
        return _not_in(request, failure)
    response = RedirectResponse(departure.address, 303)
    return _keep(request, response, TRIP, departure.sealed, "/masuk/penyedia")


async def come_back(request: Request) -> Response:
    """From the OpenID provider."""
    answer, at, by_provider = request.query_params, device(request), _by_provider(request)
    try:
        trip = by_provider.trip(request.cookies.get(TRIP, ""), answer.get("state", ""))
        request.state.typed = {"to": trip.to}
        entered = await request.state.doors.doorkeeper.enter_by_provider(trip, answer, at.address, at.browser)
    except (kernel.Unauthenticated, kernel.Unavailable) as failure:
        return _not_in(request, failure)
    inside = isinstance(entered, str)
    response = await _inside(request, entered) if inside else _next_step(request, entered)
    _forget(request, response, TRIP, "/masuk/penyedia")
    return _keep(request, response, THERE_TOO, "1", "/")


def _keep(request: Request, response: Response, name: str, value: str, path: str) -> Response:
    secure, age = request.state.doors.settings.https, int(security.LONGEST.total_seconds())
    response.set_cookie(name, value, max_age=age, path=path, httponly=True, samesite="lax", secure=secure)
    return response


def _forget(request: Request, response: Response, name: str, path: str = "/") -> None:
    secure = request.state.doors.settings.https
    response.delete_cookie(name, path, httponly=True, samesite="lax", secure=secure)


async def farewell(request: Request) -> Response:
    """Logged out here; and there?"""
    by_provider = _by_provider(request)
    address = await by_provider.farewell(request.url.netloc)
    return render(request, "entrance/farewell.html", provider=by_provider.name, address=address)


def _not_in(request: Request, failure: kernel.Failure) -> Response:
    """The log-in page again, with what is wrong."""
    form = request.state.typed
    status = {kernel.Unavailable: 503, kernel.Forbidden: 429}.get(type(failure), 401)
    response = login_page(
        request, status, kept=kept_before(form),
        to=form.get("to", ""), username=form.get("username", ""), error=failure.text(request.state.language),
        subject=failure.subject if isinstance(failure, security.Unlinked) else "",
    )  # fmt: skip
    if isinstance(failure, kernel.Unavailable):
        response.headers["Retry-After"] = str(failure.retry_after)
    return response


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
    by_provider = THERE_TOO in request.cookies and request.state.doors.doorkeeper.by_provider is not None
    response = RedirectResponse("/keluar/penyedia" if by_provider else "/", 303)
    for name in (COOKIE, THERE_TOO):
        _forget(request, response, name)
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
    page("/masuk/penyedia", depart, PUBLIC),
    page(security.BACK, come_back, PUBLIC),
    page("/keluar", log_out, PUBLIC, "POST"),
    page("/keluar/penyedia", farewell, PUBLIC),
    page("/aktivasi", activation_form, PUBLIC),
    page("/aktivasi", activate, PUBLIC, "POST"),
    page("/bahasa", language, PUBLIC, "POST"),
)
NOT_FOUND = page("/{rest:path}", not_found, PUBLIC)
