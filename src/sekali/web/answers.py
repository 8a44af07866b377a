"""Score sheets in forms: the lines to fill in, and what was filled in. Used by every desk that scores."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sekali import kernel, program

from .forms import number


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a sheet: a part's title, or a question with what was answered."""

    key: str
    name: str
    depth: int
    question: bool
    weight: str = ""
    most: str = ""
    value: str = ""
    source: str = ""
    note: str = ""
    evidence: str = ""
    error: str = ""


def sheet_lines(
    instrument: program.instruments.Instrument, sheet: program.Sheet | None, typed: Mapping[str, str],
    errors: Mapping[str, str], within: str = "",
) -> list[Line]:  # fmt: skip
    """The lines of a sheet, or of one first-level part. What was just typed stands before what was kept."""
    parts = tuple(part for part in instrument.parts if not within or part.key == within)
    return list(_lines(parts, instrument, sheet, typed, errors, 0))


def _lines(parts, instrument, sheet, typed, errors, depth):
    for part in parts:
        weight = "" if part.weight is None else f"{part.weight:f}"
        if part.parts:
            yield Line(part.key, part.name, depth, False, weight)
            yield from _lines(part.parts, instrument, sheet, typed, errors, depth + 1)
            continue
        kept = sheet.answers.get(part.key) if sheet else None
        given = {
            "value": "" if kept is None or kept.value is None else f"{kept.value:f}",
            "source": kept.source if kept else "", "note": kept.note if kept else "",
            "evidence": str(kept.evidence or "") if kept else "",
        }  # fmt: skip
        given |= {name: typed[f"{name}.{part.key}"] for name in given if f"{name}.{part.key}" in typed}
        most = f"{part.most or instrument.top:f}"
        yield Line(part.key, part.name, depth, True, weight, most, **given, error=errors.get(part.key, ""))


def typed_answers(
    instrument: program.instruments.Instrument, form: Mapping[str, str], within: str = ""
) -> program.Answers:
    """What a form answers. Raises Invalid where an answer is no number."""
    found, faults = {}, []
    for question in instrument.questions(within):
        key = question.key
        try:
            value = number(form.get(f"value.{key}", ""), key)
        except kernel.Invalid as failure:
            faults.extend(failure.faults)
            continue
        evidence = form.get(f"evidence.{key}", "")
        answer = program.Answer(
            value, form.get(f"source.{key}", "")[:300], form.get(f"note.{key}", "")[:2000], _id(evidence)
        )  # fmt: skip
        if answer != program.Answer():
            found[key] = answer
    if faults:
        raise kernel.Invalid("Some answers do not fit the instrument.", faults=faults)
    return found


def _id(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None
