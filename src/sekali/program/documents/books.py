"""The three books of a masterplan, from its facts. What is not known is said to be missing; nothing is made up."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from .. import plan
from ..dimensions import DIMENSIONS, READINESS, SUBS
from .blocks import Block, Bullets, Document, Facts, Heading, Paragraph, Row, Table, Timeline
from .words import Say, amount, money, percent, words

ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII")
TITLES = {
    1: "Strategic Analysis",
    2: "Masterplan",
    3: "Executive Summary",
}
TERMS = {"short": "Short term", "medium": "Medium term", "long": "Long term"}
PART_NAMES = {
    "policy": "Policy",
    "institution": "Institutions",
    "infrastructure": "Supporting infrastructure",
    "application": "Application and software",
    "literacy": "Literacy of the public",
}


def book(number: int, region: str, facts: plan.Facts, language: str = "id", fictitious: bool = False) -> Document:
    """Book 1, 2 or 3 of a region's masterplan. KeyError for any other number."""
    source = _Source(facts, language, words(language), tuple(plan.programmes(facts)))
    name = source.say("Smart City Masterplan")
    chapters = {1: _analysis, 2: _masterplan, 3: _summary}[number](source)
    return Document(
        title=source.say(TITLES[number]),
        subtitle=region,
        kind_label=f"{source.say('Book')} {number}",
        date_line=f"{name} {source.span(1, plan.YEARS)}" if source.first_year else name,
        language=language,
        blocks=tuple(_joined(chapters, "" if number == 3 else source.say("Chapter"))),
        fictitious=fictitious,
        cover=True,
    )


@dataclass(frozen=True, slots=True)
class _Source:
    """The facts of one plan and the language they are told in."""

    facts: plan.Facts
    language: str
    say: Say
    programmes: tuple[plan.Programme, ...]

    @property
    def first_year(self) -> int | None:
        text = self.facts.get("first_year")
        return int(text) if text else None

    def fact(self, path: str) -> str | None:
        """None where it was never filled in."""
        return self.facts.get(path) or None

    def year(self, n: int) -> str:
        """The calendar year of the n-th year of the plan, or its place where the first one is not known."""
        return str(self.first_year + n - 1) if self.first_year else self.say("Year %(n)s") % {"n": n}

    def span(self, first: int, last: int) -> str:
        if first == last:
            return self.year(first)
        return f"{self.year(first)} - {self.year(last)}"

    def sub(self, key: str) -> str | None:
        return self.say(SUBS[key][1]) if key else None

    def name(self, programme: plan.Programme) -> str:
        """P3 and its name; only P3 where it has none."""
        return f"{programme.code} {programme.name}".strip()

    def measured(self, value: Decimal | None, unit: str) -> str | None:
        return None if value is None else f"{amount(value, self.language)} {unit}".strip()

    def money(self, value: Decimal | None) -> str | None:
        return money(value, self.language)

    def by_dimension(self) -> Iterator[tuple[str, str, list[plan.Programme]]]:
        """Key, name and programmes of every dimension; last, with an empty key, those that have none yet."""
        for key, name in [
            *((key, name) for key, (name, _) in DIMENSIONS.items()),
            ("", self.say("Without a dimension")),
        ]:
            found = [one for one in self.programmes if one.dimension == key]
            if key or found:
                yield key, name, found


Chapters = Iterable[tuple[str, Iterable[Block]]]


def _joined(chapters: Chapters, word: str) -> Iterator[Block]:
    """Each chapter under its roman number, which opens a new page; a summary has no ``word`` for it and runs on."""
    for roman, (title, blocks) in zip(ROMAN, chapters, strict=False):
        yield Heading(1, title, f"{word} {roman}" if word else "")
        yield from blocks


def prose(text: str | None) -> list[Block]:
    """What somebody wrote in a field: paragraphs, and lists where lines begin with a dash."""
    if not text:
        return [Paragraph(None)]
    found: list[Block] = []
    lines: list[str] = []
    items: list[str] = []
    for line in [*text.split("\n"), ""]:
        if line.startswith(("- ", "• ")):
            items.append(line[2:].strip())
            continue
        if items:
            found += [*_paragraphs(lines), Bullets(tuple(items))]
            lines, items = [], []
        lines.append(line)
    return found + _paragraphs(lines)


def _paragraphs(lines: list[str]) -> list[Block]:
    return [Paragraph(part.strip("\n")) for part in "\n".join(lines).split("\n\n") if part.strip()]


# -- Book 1


def _analysis(source: _Source) -> Chapters:
    say = source.say
    return [
        (say("Introduction"), prose(source.fact("intro"))),
        (say("Analysis of the future"), prose(source.fact("future"))),
        (say("Analysis of readiness"), _readiness(source)),
        (say("Analysis of gaps"), [_gap_table(source)]),
        (say("Vision"), prose(source.fact("vision"))),
        (say("Strategy of each dimension"), _strategies(source)),
    ]


def _readiness(source: _Source) -> Iterator[Block]:
    """Three elements of three parts."""
    for element, parts in READINESS.items():
        yield Heading(2, source.say(element))
        for key, name in parts.items():
            yield Heading(3, source.say(name))
            yield from prose(source.fact(f"ready.{key}.state"))


def _gap_table(source: _Source) -> Block:
    say = source.say
    rows = tuple(
        (say(element), say(name), source.fact(f"ready.{key}.gap"))
        for element, parts in READINESS.items()
        for key, name in parts.items()
    )
    return Table((say("Element"), say("Part"), say("Gap")), rows, (18, 24, 58))


def _strategies(source: _Source) -> Iterator[Block]:
    for key, (name, _) in DIMENSIONS.items():
        yield Heading(2, name)
        yield Heading(3, source.say("Aim"))
        yield from prose(source.fact(f"{key}.target"))
        yield Heading(3, source.say("Strategy"))
        yield from prose(source.fact(f"{key}.strategy"))


# -- Book 2


def _masterplan(source: _Source) -> Chapters:
    say = source.say
    return [
        (say("Introduction"), [*prose(source.fact("intro")), _extent(source)]),
        (say("Vision and targets"), [*prose(source.fact("vision")), _targets(source)]),
        (say("Strategy of development"), _development(source)),
        (say("Plan of action"), _actions(source)),
        (say("Roadmap"), _roadmap(source)),
        (say("Closing"), prose(source.fact("closing"))),
    ]


def _extent(source: _Source) -> Block:
    used = {one.dimension for one in source.programmes} - {""}
    text = source.say("This masterplan holds %(count)s programmes in %(dimensions)s dimensions.")
    return Paragraph(text % {"count": len(source.programmes), "dimensions": len(used)})


def _targets(source: _Source) -> Block:
    rows = tuple((name, source.fact(f"{key}.target")) for key, (name, _) in DIMENSIONS.items())
    return Table((source.say("Dimension"), source.say("Aim")), rows, (27, 73))


def _development(source: _Source) -> Iterator[Block]:
    for key, (name, _) in DIMENSIONS.items():
        yield Heading(2, name)
        yield from prose(source.fact(f"{key}.strategy"))


def _actions(source: _Source) -> Iterator[Block]:
    """Every programme with the five parts of its plan of action, under its dimension."""
    for _, name, programmes in source.by_dimension():
        yield Heading(2, name)
        if not programmes:
            yield Paragraph(None)
        for one in programmes:
            yield Heading(3, source.name(one))
            yield _action(source, one)


def _action(source: _Source, one: plan.Programme) -> Block:
    say = source.say
    baseline = source.measured(one.baseline, one.unit)
    if baseline:
        baseline += f" ({say('source')}: {one.baseline_source or say('not filled in yet')})"
    pairs = [(say("Sub-dimension"), source.sub(one.sub))]
    pairs += [(say(PART_NAMES[part]), one.parts[part] or None) for part in plan.PARTS]
    pairs += [
        (say("Responsible"), one.office or None),
        (say("Indicator"), one.indicator or None),
        (say("Baseline"), baseline),
    ]
    return Facts(tuple(pairs))


def _roadmap(source: _Source) -> Iterator[Block]:
    say = source.say
    yield Heading(2, say("All programmes in ten years"))
    yield _timeline(source)
    for term, name in TERMS.items():
        years = [n for n in range(1, plan.YEARS + 1) if plan.horizon(n) == term]
        yield Heading(2, f"{say(name)} ({source.span(years[0], years[-1])})")
        yield _term(source, years)
    yield Heading(2, say("Budget of each year"))
    yield from _budgets(source)


def _timeline(source: _Source) -> Block:
    rows = tuple(
        Row(source.name(one), key, tuple(any(year.number == n for year in one.years) for n in range(1, plan.YEARS + 1)))
        for key, _, programmes in source.by_dimension()
        for one in programmes
    )
    return Timeline(source.first_year, rows) if rows else Paragraph(None)


def _term(source: _Source, years: list[int]) -> Block:
    """Year, programme, what is done, target, budget."""
    say = source.say
    work = sorted(
        ((year, one) for one in source.programmes for year in one.years if year.number in years),
        key=lambda pair: (pair[0].number, int(pair[1].code[1:])),
    )
    if not work:
        return Paragraph(say("No programme has work in this term yet."), quiet=True)
    rows = [
        (source.year(year.number), source.name(one), year.activity or None, source.measured(year.target, one.unit),
         source.money(year.budget))
        for year, one in work
    ]  # fmt: skip
    total = sum((year.budget for year, _ in work if year.budget), Decimal(0))
    rows.append((say("Total"), "", "", "", source.money(total)))
    head = (say("Year"), say("Programme"), say("What is done"), say("Target"), say("Budget"))
    return Table(head, tuple(rows), (11, 24, 31, 15, 19), numeric=(4,), total=True)


def _budgets(source: _Source) -> Iterator[Block]:
    """What all programmes need in each year, and how many of their years have no budget yet."""
    say = source.say
    work = [year for one in source.programmes for year in one.years]
    known = [year for year in work if year.budget is not None]
    rows = []
    for n in range(1, plan.YEARS + 1):
        budgets = [year.budget for year in known if year.number == n]
        rows.append(
            (source.year(n), say(TERMS[plan.horizon(n)]), source.money(sum(budgets, Decimal(0)) if budgets else None))
        )
    rows.append((say("Total"), "", source.money(sum((year.budget for year in known), Decimal(0)) if known else None)))
    yield Table((say("Year"), say("Term"), say("Budget")), tuple(rows), (25, 40, 35), numeric=(2,), total=True)
    if len(known) < len(work):
        text = say("The totals hold only budgets that were filled in; %(count)s rows have none yet.")
        yield Paragraph(text % {"count": len(work) - len(known)}, quiet=True)


# -- Book 3


def _summary(source: _Source) -> Chapters:
    say = source.say
    return [
        (say("Vision"), prose(source.fact("vision"))),
        (say("Targets of the six dimensions"), [_targets(source)]),
        (say("Programmes"), [_programmes(source)]),
        (say("Roadmap"), [_timeline(source)]),
        (say("Budget of each year"), _budgets(source)),
        (say("Reached so far"), [_reached(source)]),
    ]


def _programmes(source: _Source) -> Block:
    say = source.say
    rows = tuple(
        (one.code, one.name or None, name if key else None, one.office or None, source.money(_budget(one)))
        for key, name, programmes in source.by_dimension()
        for one in programmes
    )
    head = (say("Code"), say("Programme"), say("Dimension"), say("Responsible"), say("Budget"))
    return Table(head, rows, (8, 31, 20, 21, 20), numeric=(4,)) if rows else Paragraph(None)


def _budget(one: plan.Programme) -> Decimal | None:
    """Of all years; None where no year has any, which is not the same as a programme that costs nothing."""
    return one.budget if any(year.budget is not None for year in one.years) else None


def _reached(source: _Source) -> Block:
    """Every year that has a result: how far it is, what shows it, and who says so."""
    say = source.say
    rows = tuple(
        (source.name(one), source.year(year.number), one.indicator or None, source.measured(year.target, one.unit),
         source.measured(year.actual, one.unit),
         percent(plan.reached(one.baseline, year.target, year.actual), source.language), _proof(source, year))
        for one in source.programmes for year in one.years if year.actual is not None
    )  # fmt: skip
    if not rows:
        return Paragraph(say("No result has been recorded yet."), quiet=True)
    head = tuple(
        say(word) for word in ("Programme", "Year", "Indicator", "Target", "Reached", "Of the way", "Evidence")
    )
    return Table(head, rows, (19, 9, 18, 11, 11, 11, 21), numeric=(5,))


def _proof(source: _Source, year: plan.Year) -> str:
    """Evidence, and below it the source; each says when it is missing."""
    missing = source.say("not filled in yet")
    return f"{year.evidence or missing}\n{source.say('Source')}: {year.source or missing}"
