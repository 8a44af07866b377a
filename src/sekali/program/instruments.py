"""What is scored, with which weight: a tree of parts and questions, kept as versioned data.

Parts beside each other either all have a weight, and these add to 100 exactly, or none has one, and then their mean
counts (domain: impact is the mean of the six smart dimensions). A question that nobody answered is missing: it is
left out of the mean, it is not a zero.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal

import msgspec

from sekali import kernel

DEEPEST = 4
MOST_PARTS = 500
HUNDRED = Decimal(100)
FINEST = Decimal("1e-15")
"""What a total that was divided is exact to; below it lies only what the division cut off."""
_HALF_UP = Context(prec=60, rounding=ROUND_HALF_UP)


class Part(msgspec.Struct, frozen=True, omit_defaults=True):
    """One part, or (without parts of its own) one question.

    :ivar weight: percent among its sisters; None where their plain mean counts.
    :ivar most: the highest answer where it differs from the instrument's (an index of its own scale).
    """

    key: str
    name: str
    weight: Decimal | None = None
    parts: tuple["Part", ...] = ()
    most: Decimal | None = None


class Instrument(msgspec.Struct, frozen=True, omit_defaults=True):
    """A whole instrument.

    :ivar top: the best score that can be reached (4 in the yearly evaluation).
    :ivar whole: whether answers are whole numbers.
    """

    name: str
    top: Decimal
    parts: tuple[Part, ...]
    whole: bool = False

    def questions(self, within: str = "") -> Iterator[Part]:
        """All leaves in order, or those of one of the first-level parts."""
        return _leaves(tuple(part for part in self.parts if not within or part.key == within))


@dataclass(frozen=True, slots=True)
class Score:
    """What a part comes to. ``value`` is None when nothing in it was answered; never rounded."""

    part: Part
    value: Decimal | None
    answered: int
    of: int
    parts: tuple["Score", ...] = ()

    @property
    def complete(self) -> bool:
        """Whether every question was answered."""
        return self.answered == self.of

    def find(self, key: str) -> "Score | None":
        """The score of a part."""
        if self.part.key == key:
            return self
        return next((found for part in self.parts if (found := part.find(key))), None)


def check(instrument: Instrument) -> None:
    """Raises Invalid with every fault: weights that do not add to 100, keys used twice, too deep, too many."""
    faults: list[kernel.Fault] = []
    seen: set[str] = set()
    count = _check(instrument.parts, "weights", 1, seen, faults)
    if not 1 <= count <= MOST_PARTS:
        faults.append(kernel.Fault("parts", "An instrument has 1 to 500 parts."))
    if not instrument.top > 0:
        faults.append(kernel.Fault("top", "The best score must be more than 0."))
    if faults:
        raise kernel.Invalid("This instrument cannot be used yet.", faults=faults)


def _check(parts: tuple[Part, ...], where: str, depth: int, seen: set[str], faults: list[kernel.Fault]) -> int:
    if depth > DEEPEST:
        faults.append(kernel.Fault(where, "An instrument has at most 4 levels."))
        return 0
    weights = [part.weight for part in parts if part.weight is not None]
    if weights and len(weights) < len(parts):
        faults.append(kernel.Fault(where, "Either every part here has a weight, or none."))
    elif weights and (sum(weights) != HUNDRED or min(weights) <= 0):
        faults.append(kernel.Fault(where, "The weights must be above 0 and add to 100 exactly."))
    for part in parts:
        if not part.key or part.key in seen:
            faults.append(kernel.Fault(part.key or where, "Every part needs a key of its own."))
        seen.add(part.key)
    return len(parts) + sum(_check(part.parts, part.key, depth + 1, seen, faults) for part in parts if part.parts)


def weights_sum(parts: tuple[Part, ...]) -> Decimal:
    """What the weights of sisters add to."""
    return sum((part.weight or Decimal(0) for part in parts), Decimal(0))


def _leaves(parts: tuple[Part, ...]) -> Iterator[Part]:
    for part in parts:
        if part.parts:
            yield from _leaves(part.parts)
        else:
            yield part


def score(instrument: Instrument, answers: Mapping[str, Decimal]) -> Score:
    """The score of ``answers`` (question key -> answer), on a scale from 0 to ``instrument.top``."""
    return _join(Part("", instrument.name, parts=instrument.parts), instrument.top, answers)


def _join(part: Part, top: Decimal, answers: Mapping[str, Decimal]) -> Score:
    if not part.parts:
        given = answers.get(part.key)
        value = None if given is None else given * top / part.most if part.most else given
        return Score(part, value, int(given is not None), 1)
    parts = tuple(_join(one, top, answers) for one in part.parts)
    pairs = [(one.value, one.part.weight or Decimal(1)) for one in parts if one.value is not None]
    value = sum((v * w for v, w in pairs), Decimal(0)) / sum((w for _, w in pairs), Decimal(0)) if pairs else None
    return Score(part, value, sum(p.answered for p in parts), sum(p.of for p in parts), parts)


def check_answers(instrument: Instrument, answers: Mapping[str, Decimal]) -> None:
    """Raises Invalid: a question that is not there, an answer outside its scale or not whole."""
    questions = {question.key: question for question in instrument.questions()}
    faults = []
    for key, value in answers.items():
        if key not in questions:
            faults.append(kernel.Fault(key, "The instrument has no such question."))
        elif not value.is_finite() or not 0 <= value <= (questions[key].most or instrument.top):
            faults.append(kernel.Fault(key, "This is outside the scale."))
        elif instrument.whole and value != value.to_integral_value():
            faults.append(kernel.Fault(key, "Write a whole number."))
    if faults:
        raise kernel.Invalid("Some answers do not fit the instrument.", faults=faults)


def mean(values: list[Decimal]) -> Decimal | None:
    """The plain mean; summed in order of size, so that the order of entry never matters. None of nothing."""
    return sum(sorted(values), Decimal(0)) / len(values) if values else None


def rounded(value: Decimal, places: int = 2) -> Decimal:
    """As it is printed: half up, from the unrounded value. Only for showing.

    A third is cut off behind its 28th digit, so a half made of thirds lies a little below it: that is mended first.
    """
    fine = value.quantize(FINEST, context=_HALF_UP)
    return _HALF_UP.plus(fine.quantize(Decimal(1).scaleb(-places), context=_HALF_UP))  # plus: a nought has no minus


def ranks(values: Mapping[object, Decimal | None]) -> dict[object, int | None]:
    """1, 2, 2, 4: equal values share a rank, the next one counts all before it. A missing value has no rank.

    Two values are equal when they are printed equal: nobody should lose a place by a digit that no page shows.
    """
    shown = {key: rounded(value) for key, value in values.items() if value is not None}
    order = sorted(shown.values(), reverse=True)
    first = {value: place for place, value in reversed(list(enumerate(order, 1)))}
    return {key: first[shown[key]] if key in shown else None for key in values}
