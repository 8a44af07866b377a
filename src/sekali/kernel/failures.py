"""The one vocabulary of failure.

Raised anywhere, rendered in two places: an OperationOutcome in ``exchange`` and a page that says what to do next in
``web``. A message is an English msgid with ``%(name)s`` places; it never carries a NIK, a name or a token.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .language import translate


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong inside what was sent.

    :ivar path: where, as a FHIRPath (``Patient.birthDate``) or a form field's name.
    :ivar reason: what is wrong there, as a msgid.
    :ivar rule: the number of the SATUSEHAT rule that it breaks, where it has one of its own.
    :ivar code: FHIR's issue code; of one that has it the reason names the place itself.
    """

    path: str
    reason: str
    rule: str = ""
    code: str = ""


class Failure(Exception):
    """Something that could not be done, and the sentence that says what to do next.

    :param path: the element or field it concerns.
    :param rule: the number of the SATUSEHAT rule that was broken, when one is known.
    :param params: values for the places in the message; they are shown to people, so no identifiers.
    """

    def __init__(self, message: str, *, path: str | None = None, rule: str | None = None, **params: Any) -> None:
        super().__init__(message)
        self.message = message
        self.path = path
        self.rule = rule
        self.params = params

    def text(self, language: str) -> str:
        """The message in ``language`` ("id" or "en")."""
        return translate(language, self.message, **self.params)


class Invalid(Failure):
    """What was sent breaks a rule; ``faults`` names each place."""

    def __init__(
        self, message: str = "What was sent is not valid.", *, faults: Sequence[Fault] = (), **context: Any
    ) -> None:
        super().__init__(message, **context)
        self.faults = tuple(faults)


class Unauthenticated(Failure):
    """Nobody has said who is asking."""


class Forbidden(Failure):
    """Known who asks, and may not."""


class NotFound(Failure):
    """There is no such thing, or none that the asker may know of."""


class Gone(Failure):
    """It was there and has been deleted; its history remains."""


class Conflict(Failure):
    """It clashes with what is already kept."""


class PreconditionFailed(Failure):
    """It was changed by somebody else since it was read."""


class Unprocessable(PreconditionFailed):
    """It was understood, but what is kept is not as the sender expects."""


class Unsupported(Failure):
    """Sekali does not do this."""


class NotAcceptable(Unsupported):
    """The answer was asked for in a format that there is none in."""


class TooCostly(Failure):
    """It is too large or would take too long; the message says the limit."""


class Unavailable(Failure):
    """Not now; try again after ``retry_after`` seconds."""

    def __init__(
        self,
        message: str = "Sekali cannot reach its database just now. Nothing was lost; please try again.",
        *,
        retry_after: int = 5,
        **context: Any,
    ) -> None:
        super().__init__(message, **context)
        self.retry_after = retry_after


class TooMany(Unavailable):
    """Somebody asks more often than they may; later they may again."""


class TooSlow(Failure):
    """What was sent did not come in the time that there is for it."""


class Broken(Failure):
    """What is kept is not as it was kept: somebody changed or moved it, and not through this program."""


class Duplicate(Conflict):
    """A unique constraint refused a second of the same. The caller who knows the thing turns it into a clear word."""

    def __init__(self, constraint: str) -> None:
        super().__init__("This is already there.")
        self.constraint = constraint
