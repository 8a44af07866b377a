"""A duty beside its clock, as pages draw it."""

from dataclasses import dataclass
from datetime import timedelta

from starlette.requests import Request

from sekali import care, kernel

from .frame import span

TONES = {
    care.clock.State.OPEN: "info", care.clock.State.SOON: "warn", care.clock.State.OVERDUE: "danger",
    care.clock.State.IN_TIME: "good", care.clock.State.LATE: "danger",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Timed:
    """``used`` and ``days`` are per cent of the whole time; ``left`` is said in the reader's language."""

    duty: care.Duty
    state: care.clock.State
    tone: str
    used: float
    days: tuple[float, ...]
    left: str


def timed(request: Request, duty: care.Duty) -> Timed:
    """How it stands now."""
    now, running = kernel.now(), duty.clock
    state = running.state(now)
    days = tuple(round(100 * share, 2) for share in running.days())
    return Timed(
        duty,
        state,
        TONES[state],
        round(100 * running.used(now), 1),
        days,
        _left(request.state.language, running.left(now)),
    )


def _left(language: str, left: timedelta) -> str:
    message = "%(time)s over" if left < timedelta(0) else "%(time)s left"
    return kernel.translate(language, message, time=span(abs(left), language))
