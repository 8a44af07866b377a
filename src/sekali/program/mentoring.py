"""Mentors and the four bimtek: what each should bring, what was handed in, what is late and whom to call.

Stages and their outputs are those of the 2018 and 2019 cohorts (domain 1.7).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sekali import audit, kernel, security

from .access import Access, event
from .cohorts import Cohorts, Participation
from .regions import Region, Regions

SQL = kernel.queries(__file__)

OUTPUTS: dict[int, dict[str, str]] = {
    1: {"team": "Council and team formed", "data": "Data list", "book1-draft": "Book 1, draft"},
    2: {"book1": "Book 1, final", "action-plan": "Action plan, draft", "quick-win-list": "List of quick wins"},
    3: {"book2-draft": "Book 2, draft", "roadmap": "Roadmap"},
    4: {"commitment": "Signed commitment sheet", "quick-wins": "Quick wins, final", "books": "Books 1, 2 and 3, final"},
}
"""Bimtek -> key -> what it should bring."""
ALL_OUTPUTS = {key: name for outputs in OUTPUTS.values() for key, name in outputs.items()}
WORKING = ("selected", "signed", "taking-part")
DAYS_TO_HAND_IN = timedelta(days=14)
"""After the last day of a bimtek its outputs are called late. No source gives a figure: this one is Sekali's own."""
VERDICTS = ("comment", "accepted", "returned")
INVITED = (security.Role.CITY_TEAM, security.Role.MENTOR, security.Role.ASSESSOR)
"""Whom the secretariat may invite; a code of any other role would be a key to a puskesmas, a hospital or this office."""


@dataclass(frozen=True, slots=True)
class Person:
    """A mentor or an assessor."""

    id: UUID
    role: str
    name: str
    institution: str
    phone: str
    home: UUID | None
    dimensions: Sequence[str]
    most: int
    active: bool


@dataclass(frozen=True, slots=True)
class Meeting:
    """A bimtek of one region. ``people`` None: not held yet."""

    number: int
    starts: date
    ends: date
    place: str
    people: int | None
    note: str


@dataclass(frozen=True, slots=True)
class HandIn:
    """One version of an output."""

    key: str
    version: int
    at: datetime
    actor_name: str
    note: str
    evidence: UUID | None
    plan_version: int | None


@dataclass(frozen=True, slots=True)
class Review:
    """What a mentor or the secretariat said of a version."""

    about: str
    version: int
    at: datetime
    actor_name: str
    verdict: str
    text: str


@dataclass(frozen=True, slots=True)
class Output:
    """One expected output with its newest version and what was said of that version.

    ``state``: missing, handed-in, accepted, returned.
    """

    key: str
    name: str
    stage: int
    due: date | None
    state: str
    newest: HandIn | None
    reviews: tuple[Review, ...]


@dataclass(frozen=True, slots=True)
class Late:
    """What is late, since when, and whom to call."""

    participation: Participation
    region: Region
    output: Output
    days: int
    mentors: tuple[Person, ...]


class Mentoring:
    """Who helps whom, and how far they are."""

    def __init__(self, database: kernel.Database, access: Access, regions: Regions, cohorts: Cohorts) -> None:
        self._database = database
        self._access = access
        self._regions = regions
        self._cohorts = cohorts

    # People

    async def people(self, role: str | None = None) -> list[Person]:
        """Mentors, assessors or both, by name."""
        return [Person(**row) for row in await self._database.fetch(SQL.people, role)]

    async def person(self, id: UUID | None) -> Person:
        """Raises NotFound."""
        row = await self._database.fetchrow(SQL.person, id)
        if row is None:
            raise kernel.NotFound("There is no such mentor or assessor.")
        return Person(**row)

    async def add_person(self, actor: security.Actor, person: Person) -> None:
        """A new mentor or assessor, or the same one changed. Raises Invalid."""
        grant = await self._access.to(actor)
        grant.may_write("person")
        if not 1 <= len(person.name.strip()) <= 120:
            raise kernel.Invalid(faults=[kernel.Fault("name", "The name needs 1 to 120 letters.")])
        if not 1 <= person.most <= 600:
            raise kernel.Invalid(faults=[kernel.Fault("most", "Write how many cities at most: 1 to 600.")])
        if person.role not in ("mentor", "assessor"):
            raise kernel.Invalid(faults=[kernel.Fault("role", "Choose mentor or assessor.")])
        async with self._database.transaction() as tx:
            await tx.execute(SQL.keep_person, person.id, person.role, person.name.strip(), person.institution[:200],
                             person.phone[:40], person.home, list(person.dimensions), person.most, person.active)  # fmt: skip
            await audit.append(tx, [event(audit.Kind.COHORT_CHANGED, grant, f"person/{person.id}", person.role)])

    async def invite(
        self, actor: security.Actor, doorkeeper: security.Doorkeeper, *, name: str, role: security.Role, place: UUID,
        place_name: str,
    ) -> str:  # fmt: skip
        """A one-time code with which a city's team, a mentor or an assessor opens an account. Raises Forbidden."""
        grant = await self._access.to(actor)
        grant.may_write("person")
        if role not in INVITED:
            raise kernel.Forbidden("Your role at this facility may not do this.")
        async with self._database.transaction() as tx:
            code = await doorkeeper.invite(tx, name, role=role, facility=place, facility_name=place_name)
            await audit.append(tx, [event(audit.Kind.INVITED, grant, f"{role.value}/{place}")])
        return code

    async def appoint(self, actor: security.Actor, participation: UUID, people: Sequence[UUID]) -> None:
        """The mentors of a region, anew (the books name two for each). Raises Invalid."""
        grant = await self._access.to(actor)
        grant.may_write("participation")
        if len(people) > 4:
            raise kernel.Invalid("A region has at most 4 mentors.")
        async with self._database.transaction() as tx:
            await tx.execute(SQL.lock, participation)  # two lists at once would both be kept
            await tx.execute(SQL.dismiss, participation)
            for person in dict.fromkeys(people):
                if await tx.execute(SQL.appoint, participation, person) == "INSERT 0 0":
                    raise kernel.Invalid("This person is not a mentor.", path="mentors")
            await audit.append(
                tx, [event(audit.Kind.COHORT_CHANGED, grant, f"participation/{participation}", "mentors")]
            )

    async def mentors(self, cohort: UUID) -> dict[UUID, list[Person]]:
        """Participation -> its mentors."""
        found: dict[UUID, list[Person]] = {}
        for row in await self._database.fetch(SQL.mentors, cohort):
            values = dict(row)
            found.setdefault(values.pop("participation"), []).append(Person(**values))
        return found

    async def mentored_by(self, actor: security.Actor) -> list[Participation]:
        """The regions of a mentor, in cohorts of now and before."""
        ids = [row["participation"] for row in await self._database.fetch(SQL.mentored, actor.facility)]
        return [await self._cohorts.participation(id) for id in ids]

    # Bimtek

    async def meetings(self, participation: UUID) -> list[Meeting]:
        """The bimtek of a region, in order."""
        return [Meeting(**row) for row in await self._database.fetch(SQL.meetings, participation)]

    async def hold(self, actor: security.Actor, participation: Participation, meeting: Meeting) -> None:
        """Plan a bimtek, or write down how many came. Raises Invalid."""
        grant = await self._access.to(actor, participation.region)
        grant.may_write("review")
        if not 1 <= meeting.number <= 4 or meeting.ends < meeting.starts:
            raise kernel.Invalid("A bimtek has a number from 1 to 4, and does not end before it starts.", path="ends")
        if meeting.people is not None and not 0 <= meeting.people <= 10_000:
            raise kernel.Invalid("Write how many people came.", path="people")
        async with self._database.transaction() as tx:
            await tx.execute(SQL.keep_meeting, participation.id, meeting.number, meeting.starts, meeting.ends,
                             meeting.place[:200], meeting.people, meeting.note[:2000])  # fmt: skip
            await audit.append(tx, [event(audit.Kind.REVIEWED, grant, f"participation/{participation.id}",
                                          f"bimtek {meeting.number}")])  # fmt: skip

    # Outputs

    async def outputs(self, actor: security.Actor, participation: Participation) -> list[Output]:
        """Every expected output and where it stands."""
        (await self._access.to(actor, participation.region)).may_read("output")
        return (await self._outputs([participation.id]))[participation.id]

    async def _outputs(self, participations: list[UUID]) -> dict[UUID, list[Output]]:
        ends: dict[tuple[UUID, int], date] = {}
        for row in await self._database.fetch(SQL.meeting_ends, participations):
            ends[row["participation"], row["number"]] = row["ends"]
        newest: dict[tuple[UUID, str], HandIn] = {}
        for row in await self._database.fetch(SQL.hand_ins, participations):
            values = dict(row)
            part = values.pop("participation")
            newest[part, row["key"]] = HandIn(**values)
        said: dict[tuple[UUID, str, int], list[Review]] = {}
        for row in await self._database.fetch(SQL.reviews, participations):
            values = dict(row)
            part = values.pop("participation")
            said.setdefault((part, row["about"], row["version"]), []).append(Review(**values))
        return {
            id: [
                _output(key, name, stage, ends.get((id, stage)), newest.get((id, key)), said, id)
                for stage, outputs in OUTPUTS.items() for key, name in outputs.items()
            ]
            for id in participations
        }  # fmt: skip

    async def hand_in(
        self, actor: security.Actor, participation: Participation, key: str, note: str, evidence: UUID | None,
        plan_version: int | None,
    ) -> None:  # fmt: skip
        """A new version of an output. Raises Invalid when it has neither words, file nor plan, NotFound when the file or
        the version of the plan is not this region's."""
        grant = await self._access.to(actor, participation.region)
        grant.may_write("output")
        if key not in ALL_OUTPUTS:
            raise kernel.NotFound("No bimtek asks for this.")
        if not (note.strip() or evidence or plan_version):
            raise kernel.Invalid("Add a file, the version of the masterplan, or a few words.", path="note")
        async with self._database.transaction() as tx:
            await tx.execute(SQL.lock, participation.id)  # else two who hand in at once get the same number
            if evidence and not await tx.fetchval(SQL.has_file, participation.region, evidence):
                raise kernel.NotFound("There is no such file.")
            await _has_plan(tx, participation, plan_version)
            await tx.execute(
                SQL.hand_in, participation.id, key, kernel.now(), actor.name, note[:4000], evidence, plan_version
            )
            await audit.append(tx, [event(audit.Kind.PLAN_CHANGED, grant, f"output/{key}", f"{participation.id}")])

    async def review(
        self, actor: security.Actor, participation: Participation, about: str, version: int, verdict: str, words: str
    ) -> None:
        """Comment, accept or return a version that was handed in. Raises Invalid, NotFound."""
        grant = await self._access.to(actor, participation.region)
        grant.may_write("review")
        if verdict not in VERDICTS:
            raise kernel.Invalid("Choose: comment, accept or return.")
        if verdict != "accepted" and not words.strip():
            raise kernel.Invalid("Write what should be better.", path="text")
        async with self._database.transaction() as tx:
            said = await tx.execute(SQL.add_review, kernel.new_id(kernel.CITY), participation.id, about, version,
                                    kernel.now(), actor.name, verdict, words[:4000])  # fmt: skip
            if said == "INSERT 0 0":  # a word about a version to come would accept it unread
                raise kernel.NotFound("This version was not handed in.")
            await audit.append(tx, [event(audit.Kind.REVIEWED, grant, f"output/{about}", verdict)])

    async def late(self, actor: security.Actor, cohort: UUID, today: date) -> list[Late]:
        """What is late in a cohort, the longest first."""
        (await self._access.to(actor)).may_read("participation")
        parts = {p.id: p for p in await self._cohorts.participations(cohort) if p.state in WORKING}
        mentors, regions = await self.mentors(cohort), await self._regions.all()
        found = []
        for id, outputs in (await self._outputs(list(parts))).items():
            for output in outputs:
                if output.due and output.due < today and output.state in ("missing", "returned"):
                    found.append(Late(parts[id], regions[parts[id].region], output, (today - output.due).days,
                                      tuple(mentors.get(id, ()))))  # fmt: skip
        return sorted(found, key=lambda one: (-one.days, one.region.name, one.output.stage))

    # Commitment

    async def commit(self, actor: security.Actor, participation: Participation, words: str, plan_version: int) -> None:
        """The commitment sheet, ready to be signed; written anew it must be signed anew. Raises Invalid, NotFound."""
        grant = await self._access.to(actor, participation.region)
        grant.may_write("output")
        if not 1 <= len(words.strip()) <= 8_000:
            raise kernel.Invalid("Write what the city commits itself to.", path="text")
        async with self._database.transaction() as tx:
            await tx.execute(SQL.lock, participation.id)  # a signature given meanwhile is not one of the new text
            await _has_plan(tx, participation, plan_version)
            await tx.execute(SQL.clear_signatures, participation.id)
            await tx.execute(SQL.commit, participation.id, words.strip(), plan_version, kernel.now())
            await audit.append(tx, [event(audit.Kind.PLAN_CHANGED, grant, f"commitment/{participation.id}")])

    async def sign(self, actor: security.Actor, participation: Participation, office: str, name: str) -> None:
        """A head of region or of an office signs. Raises Invalid, Conflict, TooCostly."""
        grant = await self._access.to(actor, participation.region)
        grant.may_write("output")
        if not (office.strip() and name.strip()):
            raise kernel.Invalid("A signature has an office and a name.", path="name")
        try:
            async with self._database.transaction() as tx:
                await tx.execute(SQL.lock, participation.id)
                if await tx.fetchval(SQL.signatures_count, participation.id) >= 100:
                    raise kernel.TooCostly("A commitment sheet holds at most 100 signatures.")
                values = participation.id, office.strip()[:120], name.strip()[:120], kernel.now()
                if await tx.execute(SQL.sign, *values) == "INSERT 0 0":
                    raise kernel.Conflict("Write the commitment first; then it can be signed.")
                await audit.append(
                    tx, [event(audit.Kind.PLAN_CHANGED, grant, f"commitment/{participation.id}", "signed")]
                )
        except kernel.Duplicate:
            raise kernel.Conflict("This office has signed already.", path="office") from None

    async def commitment(self, participation: UUID) -> tuple[kernel.Row | None, list[kernel.Row]]:
        """The text (text, plan_version, at) or None, and its signatures (office, name, at)."""
        row = await self._database.fetchrow(SQL.commitment, participation)
        return row, await self._database.fetch(SQL.signatures, participation)


async def _has_plan(tx: kernel.Session, participation: Participation, version: int | None) -> None:
    """0 and None name no version. Raises NotFound."""
    if version and not await tx.fetchval(SQL.has_plan, participation.region, version):
        raise kernel.NotFound("There is no such version of this masterplan.")


def _output(
    key: str, name: str, stage: int, ends: date | None, newest: HandIn | None,
    said: dict[tuple[UUID, str, int], list[Review]], participation: UUID,
) -> Output:  # fmt: skip
    reviews = tuple(said.get((participation, key, newest.version), ())) if newest else ()
    verdicts = [review.verdict for review in reviews if review.verdict != "comment"]
    state = "missing" if newest is None else verdicts[-1] if verdicts else "handed-in"
    return Output(key, name, stage, ends + DAYS_TO_HAND_IN if ends else None, state, newest, reviews)
