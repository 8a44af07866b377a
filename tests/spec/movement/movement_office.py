"""The movement's office: its people, and cohorts in which to rehearse."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from sekali import kernel, program, security
from sekali.program.instruments import Instrument, Part

Role = security.Role
THREE = ("kota-surakarta", "kota-yogyakarta", "kabupaten-bantul")
"""The cities of a small panel."""
ROOM = {"days": 1, "blocks": 1, "rooms": 1, "slots": 4, "panel": 2, "counts": "raw"}
"""One room in which two assessors hear everybody."""
PANEL = Instrument(
    "Test panel", Decimal(4), (Part("vision", "Vision", Decimal(60)), Part("quick", "Quick win", Decimal(40)))
)
SELECTION = Instrument(
    "Test selection",
    Decimal(100),
    (
        Part("desk", "Desk", Decimal(50), (Part("cities", "Sustainable cities"), Part("green", "Green"))),
        Part("interview", "Interview", Decimal(50), (Part("people", "People"), Part("money", "Money"))),
    ),
)


def actor(role: security.Role, place: UUID | None = None, name: str = "") -> security.Actor:
    """Somebody of a role."""
    return security.Actor(kernel.new_id(kernel.CITY), name or f"{role} of the test", role, place, name)


def answers(**values: object) -> program.Answers:
    """question=4, or question=(4, "where it is from")."""
    pairs = {key: value if isinstance(value, tuple) else (value, "") for key, value in values.items()}
    return {
        key.replace("_", "-"): program.Answer(None if value is None else Decimal(str(value)), source)
        for key, (value, source) in pairs.items()
    }


@dataclass(frozen=True)
class Movement:
    """The program, its database, and somebody of the secretariat."""

    program: program.Program
    database: kernel.Database
    regions: dict[str, program.Region]
    secretariat: security.Actor

    def team(self, slug: str) -> security.Actor:
        """Somebody of a city's team."""
        region = self.regions[slug]
        return actor(Role.CITY_TEAM, region.id, region.full_name)

    async def person(
        self, role: str, name: str, home: str = "", dimensions: Sequence[str] = (), most: int = 50
    ) -> security.Actor:
        """A mentor or an assessor, as they come to their desk."""
        found = program.Person(kernel.new_id(kernel.CITY), role, name, "Test", "0800-1", home and self.regions[home].id or None,
                               dimensions, most, True)  # fmt: skip
        await self.program.mentoring.add_person(self.secretariat, found)
        return actor(Role(role), found.id, name)

    async def instrument(self, kind: str, content: Instrument) -> UUID:
        """An adopted instrument."""
        id = await self.program.sheets.draft(self.secretariat, kind, content, "test")
        await self.program.sheets.adopt(self.secretariat, id)
        return id

    async def rehearsal(
        self, slugs: Sequence[str] = THREE, state: str = "taking-part", target: int | None = 50, **settings: object
    ) -> program.Cohort:
        """A rehearsal of this year whose cities have come as far as ``state``."""
        cohorts = self.program.cohorts
        cohort = await cohorts.open(self.secretariat, 2026, "Rehearsal", target, rehearsal=True)
        await cohorts.configure(self.secretariat, cohort, settings)
        await cohorts.invite(self.secretariat, cohort, [self.regions[slug].id for slug in slugs])
        way = ("invited", "assessed", "selected", "signed", "taking-part", "completed")
        for before, after in zip(way, way[1 : way.index(state) + 1], strict=False):
            await cohorts.move_all(self.secretariat, cohort, before, after)
        return await cohorts.one(cohort.id)

    async def configured(self, cohort: program.Cohort, **settings: object) -> program.Cohort:
        """The cohort after more settings."""
        await self.program.cohorts.configure(self.secretariat, await self.program.cohorts.one(cohort.id), settings)
        return await self.program.cohorts.one(cohort.id)

    async def part(self, cohort: program.Cohort, slug: str) -> program.Participation:
        """A city's part in a cohort as it stands now."""
        return (await self.program.cohorts.participations(cohort.id, self.regions[slug].id))[0]

    async def seated(self, slugs: Sequence[str] = THREE, **settings: object) -> "Seated":
        """A rehearsal whose panel has its timetable: two assessors in one room hear all cities."""
        instrument = await self.instrument("panel", PANEL)
        cohort = await self.rehearsal(slugs, panel_instrument=instrument, **ROOM | settings)
        first, second = await self.person("assessor", "Ani"), await self.person("assessor", "Budi")
        table = await self.program.panel.assign(self.secretariat, cohort)
        assert not table.clashes
        return Seated(self, cohort, first, second)

    async def heard(self, kind: str = "") -> list[tuple[str, str, str]]:
        """What the audit holds of the movement: kind, what, detail, in order."""
        rows = await self.database.fetch(
            "select kind, what, detail from audit.event where purpose = 'movement' and ($1 = '' or kind = $1) order by at, seq",
            kind,
        )
        return [tuple(row.values()) for row in rows]


@dataclass(frozen=True)
class Seated:
    """A panel that has its timetable, and its two assessors."""

    movement: Movement
    cohort: program.Cohort
    first: security.Actor
    second: security.Actor

    async def score(
        self, who: security.Actor, slug: str, vision: object, quick: object = None, final: bool = True,
        key: str = "", base: int | None = None,
    ) -> int:  # fmt: skip
        """A sheet of an assessor; both questions the same unless ``quick`` is given."""
        part = await self.movement.part(self.cohort, slug)
        given = answers(vision=vision, quick=vision if quick is None else quick)
        key = key or kernel.new_id(kernel.CITY).hex
        return await self.movement.program.panel.score(who, part, given, key, final=final, note="", base=base)

    async def all_score(self, values: dict[str, tuple[object, object]]) -> None:
        """Both assessors score every city finally: slug -> (first's value, second's value)."""
        for slug, (one, other) in values.items():
            await self.score(self.first, slug, one)
            await self.score(self.second, slug, other)

    async def standing(self, part: str = "") -> dict[str, program.Result]:
        """Result by city."""
        cohort = await self.movement.program.cohorts.one(self.cohort.id)
        found = await self.movement.program.panel.standing(self.movement.secretariat, cohort, part)
        return {one.region.slug: one for one in found.results}
