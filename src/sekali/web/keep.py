"""Nothing typed is lost: when a session has ended or the database is away, the fields come back with the answer."""

from dataclasses import dataclass

from starlette.requests import Request

SECRET = (
    "password", "password_again", "code", "old", "password_now", "app_password", "key_password", "credential", "step",
)  # fmt: skip
PREFIX = "kept."
TARGET = "kept_to"


@dataclass(frozen=True, slots=True)
class Kept:
    """A form that could not be acted on yet: where it was going, and what was typed."""

    to: str
    fields: dict[str, str]


def kept(request: Request) -> Kept | None:
    """What the present request brought, without passwords."""
    fields = {name: value for name, value in request.state.typed.items() if name not in SECRET}
    return Kept(request.url.path, fields) if fields else None


def kept_before(form: dict[str, str]) -> Kept | None:
    """What a login form carries along. Only a path of this site counts as its goal."""
    to = form.get(TARGET, "")
    if not to.startswith("/") or to.startswith("//") or "\\" in to:
        return None
    return Kept(to, {name.removeprefix(PREFIX): value for name, value in form.items() if name.startswith(PREFIX)})
