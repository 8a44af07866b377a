"""A masterplan: a set of named facts.

Each fact has a path and a text: ``vision``, ``living.target``, ``P3.name``, ``P3.y2.budget``. Everything else follows
from that one idea: a form field is a path, a spreadsheet cell is a path, a version is the set at a moment, comparing
two versions is comparing two sets, and two people's work is merged path by path. What a path may be, and what its text
must look like, is :func:`kind_of`.

What a masterplan must hold is rebuilt from what cities published (domain 1.6); the year ranges of short, medium and
long term from a plan made in 2019 for 2020, 2021-2024, 2025-2029 (domain 1.8).
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from sekali import kernel

from .dimensions import DIMENSIONS, READINESS, SUBS

Facts = dict[str, str]

YEARS = 10
LONGEST = 20_000
MOST_PROGRAMMES = 300
HIGHEST = 999
"""The highest number of a programme. There are more than programmes, so that a gap need not be filled."""
MOST_DIGITS = 18

GENERAL = {
    "first_year": "First year of the plan",
    "intro": "Introduction",
    "vision": "Vision of the smart city",
    "future": "Future analysis",
    "closing": "Closing",
}
PROGRAMME = {
    "name": "Programme",
    "sub": "Dimension",
    "office": "Responsible office",
    "policy": "Policy",
    "institution": "Institutions",
    "infrastructure": "Supporting infrastructure",
    "application": "Application and software",
    "literacy": "Literacy of the public",
    "indicator": "Indicator",
    "unit": "Unit",
    "baseline": "Baseline",
    "baseline_source": "Source of the baseline",
}
YEAR = {
    "activity": "What is done",
    "budget": "Budget (Rp)",
    "target": "Target",
    "actual": "Reached",
    "evidence": "Evidence",
    "source": "Source",
}
NUMBERS = {"baseline", "budget", "target", "actual"}
PARTS = ("policy", "institution", "infrastructure", "application", "literacy")
"""The five parts of a programme's action plan."""

_ELEMENT = "|".join(key for parts in READINESS.values() for key in parts)
_PATH = re.compile(
    rf"(?P<general>{'|'.join(GENERAL)})"
    rf"|ready\.(?P<element>{_ELEMENT})\.(?P<side>state|gap)"
    rf"|(?P<dimension>{'|'.join(DIMENSIONS)})\.(?P<aim>target|strategy)"
    rf"|P(?P<number>[1-9]\d{{0,2}})\.(?:(?P<field>{'|'.join(PROGRAMME)})|y(?P<year>10|[1-9])\.(?P<yearly>{'|'.join(YEAR)}))"
)


def kind_of(path: str) -> str | None:
    """What the text of a path is: text, number, year or sub; None where there is no such path."""
    found = _PATH.fullmatch(path)
    if found is None:
        return None
    leaf = found["field"] or found["yearly"] or found["general"]
    if leaf == "first_year":
        return "year"
    if leaf == "sub":
        return "sub"
    return "number" if leaf in NUMBERS else "text"


def tidy(path: str, text: str) -> str:
    """``text`` as it is kept: without blanks around, no control characters, numbers in one spelling. Raises Invalid.

    Control characters go first, as a blank before one would stay behind; so what is kept is tidied to itself.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n").translate(_UNPRINTABLE)
    text = re.sub(r"[^\S\n]+$", "", text, flags=re.MULTILINE).strip()
    kind = kind_of(path)
    if kind is None:
        raise _fault(path, "A masterplan has no such field.")
    if not text:
        return ""
    if len(text) > LONGEST:
        raise _fault(path, "This text is too long; the limit is 20,000 letters.")
    if kind == "number":
        return number(text, path)
    if kind == "year" and not re.fullmatch(r"20[0-9]{2}", text):
        raise _fault(path, "Write a year, such as 2019.")
    if kind == "sub" and text not in SUBS:
        raise _fault(path, "Choose one of the eighteen sub-dimensions.")
    return text


_UNPRINTABLE = dict.fromkeys(
    [*range(0x09), *range(0x0B, 0x20), *range(0x7F, 0xA0), *range(0xD800, 0xE000), 0xFFFE, 0xFFFF]
)
"""Every control character but tab and line break, and what no file can hold."""

_RUPIAH = re.compile(r"^(-?)Rp\.?|[.,]-+$|Rp\.?$", re.IGNORECASE)
_THOUSANDS = re.compile(r"-?\d{1,3}(?:(?:\.\d{3})+(?:,\d+)?|(?:,\d{3})+(?:\.\d+)?)")
_ONE_GROUP = re.compile(r"-?[1-9]\d{0,2}[.,]\d{3}")


def number(text: str, path: str) -> str:
    """A number as people of both languages write it: 1.250.000,50 or 1,250,000.50 or 1250000.5. Raises Invalid.

    750.000 alone could be either, and is read with a decimal mark, as numbers are kept that way. Rupiah (a budget, or
    with Rp) have no thousandths, so there it is thousands; a budget with a third decimal is refused, or it would be
    read as thousands when it comes again.
    """
    plain, signs = _RUPIAH.subn(r"\1", re.sub("[ \u00a0\u202f]", "", text))
    budget = path.rpartition(".")[2] in ("budget", "spending")
    value = _value(plain, rupiah=bool(signs) or budget)
    if value is None:
        raise _fault(path, "Write a number, such as 12,5 or 1.250.000.")
    if budget and value != round(value, 2):
        raise _fault(path, "Write rupiah with at most two decimals.")
    return f"{value.normalize():f}" if value else "0"


def _value(plain: str, rupiah: bool) -> Decimal | None:
    """The number, or None where it is none or its kept form would have too many digits to be read again."""
    marks = plain.count(".") + plain.count(",")
    if _THOUSANDS.fullmatch(plain) and (marks > 1 or rupiah and _ONE_GROUP.fullmatch(plain)):
        mark = re.search("[.,]", plain)[0]
        plain = plain.replace(mark, "")
    try:
        value = Decimal(plain.replace(",", "."))
    except InvalidOperation:
        return None
    if not value.is_finite() or len(value.as_tuple().digits) > MOST_DIGITS:
        return None
    return value if -MOST_DIGITS <= value.adjusted() < MOST_DIGITS else None


def _fault(path: str, reason: str) -> kernel.Invalid:
    return kernel.Invalid(faults=[kernel.Fault(path, reason)])


def clean(given: Mapping[str, str]) -> Facts:
    """All facts tidied, empty ones too. Raises Invalid with every fault at once."""
    found, faults = {}, []
    for path, text in given.items():
        try:
            found[path] = tidy(path, text)
        except kernel.Invalid as failure:
            faults.extend(failure.faults)
    if len({_PATH.fullmatch(path)["number"] for path in found} - {None}) > MOST_PROGRAMMES:
        faults.append(kernel.Fault("P", "A masterplan has at most 300 programmes."))
    if faults:
        raise kernel.Invalid("Some fields of the masterplan need another look.", faults=faults)
    return found


def applied(facts: Mapping[str, str], changes: Mapping[str, str]) -> Facts:
    """The facts after ``changes``; an empty text takes the fact away."""
    return {path: text for path, text in sorted({**facts, **changes}.items(), key=_order) if text}


@dataclass(frozen=True, slots=True)
class Difference:
    """One path whose text is not the same. An absent fact is an empty text."""

    path: str
    before: str
    after: str


def differences(before: Mapping[str, str], after: Mapping[str, str]) -> list[Difference]:
    """Every path that is not the same, in the order of the book."""
    return [
        Difference(path, before.get(path, ""), after.get(path, ""))
        for path, _ in sorted((dict(before) | dict(after)).items(), key=_order)
        if before.get(path, "") != after.get(path, "")
    ]


@dataclass(frozen=True, slots=True)
class Clashing:
    """A path that two people changed differently since ``base``."""

    path: str
    base: str
    mine: str
    theirs: str


def merge(base: Mapping[str, str], mine: Mapping[str, str], theirs: Mapping[str, str]) -> tuple[Facts, list[Clashing]]:
    """My changes since ``base``, put onto ``theirs``; and where both changed the same path to something else.

    A programme that I began under a code that they gave to another one gets a new code (:func:`renumbered`).
    Raises Invalid where both together have too many programmes.
    """
    mine = renumbered(base, mine, theirs)
    changes, clashes = {}, []
    for change in differences(base, mine):
        other = theirs.get(change.path, "")
        if other in (change.before, change.after):
            changes[change.path] = change.after
        else:
            clashes.append(Clashing(change.path, change.before, change.after, other))
    merged = applied(theirs, changes)
    if len(programme_codes(merged)) > max(MOST_PROGRAMMES, len(programme_codes(theirs))):
        raise _fault("P", "A masterplan has at most 300 programmes.")
    return merged, clashes


def renumbered(base: Mapping[str, str], mine: Mapping[str, str], theirs: Mapping[str, str]) -> Facts:
    """Mine, where no programme that I began has the code of another one that they began.

    Two who both add a programme both take the next code. Put together path by path, these would become one programme
    that nobody meant.
    """
    own, other = _by_code(mine), _by_code(theirs)
    began = set(programme_codes(mine)) & set(programme_codes(theirs)) - set(programme_codes(base))
    taken = [f"{code}.name" for code in programme_codes([*base, *mine, *theirs])]
    found = dict(mine)
    for code in programme_codes(mine):
        if code not in began or _same_programme(code, own[code], other[code]):
            continue
        taken.append(f"{next_code(taken)}.name")
        for path, text in own[code].items():
            del found[path]
            found[taken[-1].removesuffix(".name") + path.removeprefix(code)] = text
    return applied({}, found)


def _by_code(facts: Mapping[str, str]) -> dict[str, Facts]:
    """The facts of each programme, by its code; the general ones by their first word."""
    found: dict[str, Facts] = {}
    for path, text in facts.items():
        found.setdefault(path.partition(".")[0], {})[path] = text
    return found


def _same_programme(code: str, mine: Facts, theirs: Facts) -> bool:
    """Whether it is one programme that came in twice (a spreadsheet sent again): by its name, or one is in the other."""
    name = f"{code}.name"
    return mine.get(name, "") == theirs.get(name) or mine.items() <= theirs.items() or theirs.items() <= mine.items()


def _order(item: tuple[str, str] | str) -> tuple[int, int, str]:
    """The order of the book: general, readiness, dimensions, then programmes by number."""
    path = item if isinstance(item, str) else item[0]
    found = _PATH.fullmatch(path)
    if found is None or found["number"] is None:
        places = [*GENERAL, "ready", *DIMENSIONS]
        return 0, places.index(path.split(".")[0]) if path.split(".")[0] in places else 99, path
    return int(found["number"]), int(found["year"] or 0), path


@dataclass(frozen=True, slots=True)
class Year:
    """What is done in one year of a programme. ``number`` counts from 1."""

    number: int
    activity: str = ""
    budget: Decimal | None = None
    target: Decimal | None = None
    actual: Decimal | None = None
    evidence: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Programme:
    """One programme of a masterplan; ``code`` is its P1, P2 ..."""

    code: str
    name: str
    sub: str
    office: str
    parts: dict[str, str]
    indicator: str
    unit: str
    baseline: Decimal | None
    baseline_source: str
    years: tuple[Year, ...]

    @property
    def dimension(self) -> str:
        """The key of its smart dimension; empty when none was chosen yet."""
        return SUBS[self.sub][0] if self.sub else ""

    @property
    def budget(self) -> Decimal:
        """Of all years."""
        return sum((year.budget for year in self.years if year.budget), Decimal(0))


def programme_codes(facts: Iterable[str]) -> list[str]:
    """P1, P2 ... in order."""
    numbers = {int(found["number"]) for path in facts if (found := _PATH.fullmatch(path)) and found["number"]}
    return [f"P{number}" for number in sorted(numbers)]


def next_code(facts: Iterable[str]) -> str:
    """The code of a new programme: after the highest, and behind P999 the first that is free. Raises TooCostly.

    A number is never given twice in one version.
    """
    taken = {int(code[1:]) for code in programme_codes(facts)}
    for following in (max(taken, default=0) + 1, *range(1, HIGHEST)):
        if following <= HIGHEST and following not in taken:
            return f"P{following}"
    raise kernel.TooCostly("A masterplan has at most 300 programmes.")


def programmes(facts: Mapping[str, str]) -> list[Programme]:
    """All programmes, by code."""
    return [_programme(facts, code) for code in programme_codes(facts)]


def _programme(facts: Mapping[str, str], code: str) -> Programme:
    def text(leaf: str) -> str:
        return facts.get(f"{code}.{leaf}", "")

    def value(leaf: str) -> Decimal | None:
        return Decimal(text(leaf)) if text(leaf) else None

    years = tuple(
        Year(n, text(f"y{n}.activity"), value(f"y{n}.budget"), value(f"y{n}.target"), value(f"y{n}.actual"),
             text(f"y{n}.evidence"), text(f"y{n}.source"))
        for n in range(1, YEARS + 1) if any(text(f"y{n}.{leaf}") for leaf in YEAR)
    )  # fmt: skip
    return Programme(
        code, text("name"), text("sub"), text("office"), {part: text(part) for part in PARTS}, text("indicator"),
        text("unit"), value("baseline"), text("baseline_source"), years,
    )  # fmt: skip


def horizon(year: int) -> str:
    """short (year 1), medium (2 to 5), long (6 to 10)."""
    return "short" if year == 1 else "medium" if year <= 5 else "long"


def reached(baseline: Decimal | None, target: Decimal | None, actual: Decimal | None) -> Decimal | None:
    """How much of the way from the baseline to the target was gone, in percent; None where a figure is missing.

    It may be more than 100 or below 0. A target below the baseline (waste, minutes) counts downward by itself.
    """
    if baseline is None or target is None or actual is None:
        return None
    if target == baseline:
        return Decimal(100) if actual == target else Decimal(0)
    return (actual - baseline) / (target - baseline) * 100


def gaps(facts: Mapping[str, str]) -> list[str]:
    """Paths that a complete masterplan has and this one has not; of a programme without years ``P1.y1.activity``."""
    general = [path for path in ("first_year", "vision", "future") if not facts.get(path)]
    ready = [f"ready.{key}.{side}" for parts in READINESS.values() for key in parts for side in ("state", "gap")]
    aims = [f"{dimension}.{aim}" for dimension in DIMENSIONS for aim in ("target", "strategy")]
    each = []
    for one in programmes(facts):
        needed = ("name", "sub", "office", "indicator", "unit", "baseline", "baseline_source")
        each += [f"{one.code}.{leaf}" for leaf in needed if not facts.get(f"{one.code}.{leaf}")]
        if not one.years:
            each.append(f"{one.code}.y1.activity")
    each = each if programme_codes(facts) else ["P1.name"]
    return general + [path for path in ready + aims if not facts.get(path)] + each


def in_order(paths: Iterable[str]) -> Iterator[str]:
    """Paths in the order of the book."""
    yield from sorted(paths, key=_order)
