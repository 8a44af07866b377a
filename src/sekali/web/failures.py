"""Failures as pages that say what to do next."""

from starlette.requests import Request
from starlette.responses import Response

from sekali import kernel

from .frame import render
from .keep import kept

_STATUS: dict[type[kernel.Failure], tuple[int, str]] = {
    kernel.Invalid: (400, "Please look again"),
    kernel.Unauthenticated: (401, "Please log in"),
    kernel.Forbidden: (403, "Not for this desk"),
    kernel.NotFound: (404, "Not found"),
    kernel.Gone: (410, "No longer valid"),
    kernel.Conflict: (409, "Already done"),
    kernel.PreconditionFailed: (412, "Changed in the meantime"),
    kernel.Unsupported: (415, "Not possible"),
    kernel.TooCostly: (413, "Too much at once"),
    kernel.TooMany: (429, "One moment please"),
    kernel.TooSlow: (408, "Please try again"),
    kernel.Unavailable: (503, "One moment please"),
    kernel.Broken: (500, "Something went wrong"),
}


def failure_page(request: Request, failure: kernel.Failure) -> Response:
    """The page of a failure; when it may pass by itself, with all that was typed and a button to try again."""
    status, title = next(_STATUS[kind] for kind in type(failure).__mro__ if kind in _STATUS)
    language = request.state.language
    faults = (
        [kernel.translate(language, f.reason) for f in failure.faults] if isinstance(failure, kernel.Invalid) else []
    )
    again = kept(request) if isinstance(failure, kernel.Unavailable) else None
    response = render(
        request, "failure.html", status, title=title, text=failure.text(language), faults=faults, kept=again,
        retry=isinstance(failure, kernel.Unavailable),
    )  # fmt: skip
    if isinstance(failure, kernel.Unavailable):
        response.headers["Retry-After"] = str(failure.retry_after)
    return response


def unexpected_page(request: Request, reference: str) -> Response:
    """Something that we did not foresee: a reference for the log, and nothing else."""
    return render(
        request,
        "failure.html",
        500,
        title="Something went wrong",
        reference=reference,
        text="",
        faults=[],
        kept=None,
        retry=False,
    )


def field_errors(request: Request, failure: kernel.Invalid) -> dict[str, str]:
    """Field name -> what to do, in the reader's language."""
    language = request.state.language
    errors = {fault.path: kernel.translate(language, fault.reason) for fault in failure.faults}
    if not errors and failure.path:
        errors[failure.path] = failure.text(language)
    return errors
