"""Failures as OperationOutcome, in the shape that SATUSEHAT's clients read: ``issue[].details.text`` with a rule number."""

from typing import Any

from starlette.responses import Response

from sekali import kernel

FHIR_JSON = "application/fhir+json"

_STATUS: dict[type[kernel.Failure], tuple[int, str]] = {
    kernel.Duplicate: (409, "duplicate"),
    kernel.Invalid: (400, "invalid"),
    kernel.Unauthenticated: (401, "login"),
    kernel.Forbidden: (403, "forbidden"),
    kernel.NotFound: (404, "not-found"),
    kernel.Gone: (410, "deleted"),
    kernel.Conflict: (409, "conflict"),
    kernel.PreconditionFailed: (412, "conflict"),
    kernel.Unprocessable: (422, "conflict"),
    kernel.NotAcceptable: (406, "not-supported"),
    kernel.Unsupported: (415, "not-supported"),
    kernel.TooCostly: (413, "too-costly"),
    kernel.TooMany: (429, "throttled"),
    kernel.TooSlow: (408, "timeout"),
    kernel.Unavailable: (503, "transient"),
    kernel.Broken: (500, "exception"),
}


def failure_response(failure: kernel.Failure, language: str = "en") -> Response:
    """The status and OperationOutcome of a failure."""
    status, code = next(_STATUS[kind] for kind in type(failure).__mro__ if kind in _STATUS)
    if failure.rule == "20002":
        code = "duplicate"
    if isinstance(failure, kernel.TooCostly) and failure.path != "body":
        status = 400  # the question is too large, not what was sent
    headers = {}
    if isinstance(failure, kernel.Unavailable):
        headers["Retry-After"] = str(failure.retry_after)
    if isinstance(failure, kernel.Unauthenticated):
        headers["WWW-Authenticate"] = "Bearer"
    return Response(kernel.encode(outcome(failure, code, language)), status, headers, FHIR_JSON)


def outcome(failure: kernel.Failure, code: str, language: str) -> dict[str, Any]:
    """The OperationOutcome of a failure."""
    return outcome_of(issues_of(failure, code, language))


def issues_of(failure: kernel.Failure, code: str = "invalid", language: str = "en") -> list[dict[str, Any]]:
    """One issue for each fault, or one for the failure itself."""
    faults = failure.faults if isinstance(failure, kernel.Invalid) else ()
    rule = numbered(failure.rule)
    if not faults:
        return [issue(code, failure.text(language) + rule, failure.path)]
    said = "" if failure.message == kernel.Invalid().message else f"{failure.text(language)} "
    return [
        issue(
            f.code or code,
            f"{said}{'' if f.code else f'{f.path}: '}{kernel.translate(language, f.reason)}{numbered(f.rule) or rule}",
            f.path,
        )
        for f in faults
    ]


def numbered(rule: str | None) -> str:
    """The number of a SATUSEHAT rule as its clients read it."""
    return f" (RuleNumber: {rule})" if rule else ""


def unexpected(reference: str) -> Response:
    """Something that we did not foresee; the reference finds it in the log, the answer tells nothing else."""
    told = issue("exception", f"Something went wrong here. Tell the operator this reference: {reference}", None)
    return Response(kernel.encode(outcome_of([told])), 500, media_type=FHIR_JSON)


def issue(code: str, text: str, path: str | None, severity: str = "error") -> dict[str, Any]:
    """One issue; ``path`` is a FHIRPath or the name of a parameter."""
    found: dict[str, Any] = {"severity": severity, "code": code, "details": {"text": text}}
    return found | ({"expression": [path]} if path else {})


def outcome_of(issues: list[dict[str, Any]]) -> dict[str, Any]:
    """An OperationOutcome."""
    return {"resourceType": "OperationOutcome", "issue": issues}
