"""Awards and the closing day: categories as data, winners computed from kept scores, certificates, the ceremony.

Until the results are published nothing of this is shown to anybody but the secretariat; the ceremony's screen shows
only what was revealed.
"""

import secrets
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from uuid import UUID

import msgspec

from sekali import audit, kernel, security

from . import instruments
from .access import Access, event
from .cohorts import Cohort, Cohorts, Participation, text
from .panel import Panel
from .regions import Region, Regions

SQL = kernel.queries(__file__)
MOST_CATEGORIES = 40


class Rule(msgspec.Struct, frozen=True, omit_defaults=True):
    """How a category is computed.

    :ivar by: ``panel`` (the counted score) or ``completed`` (everyone who finished, without an order).
    :ivar part: of the panel's instrument; empty for the whole.
    :ivar places: how many ranks win; equal scores share a rank, so there may be more winners.
    """

    by: str = "panel"
    part: str = ""
    places: int = 1


@dataclass(frozen=True, slots=True)
class Nominee:
    """A region in a category."""

    participation: UUID
    region: Region
    place: int
    value: Decimal | None
    winner: bool


@dataclass(frozen=True, slots=True)
class Category:
    """A category with its nominees, best first. ``how`` is the account of their computation, None before it."""

    id: UUID
    cohort: UUID
    position: int
    name: str
    rule: Rule
    how: dict[str, object] | None
    nominees: tuple[Nominee, ...]

    @property
    def winners(self) -> tuple[Nominee, ...]:
        """Those who win."""
        return tuple(one for one in self.nominees if one.winner)


@dataclass(frozen=True, slots=True)
class Ceremony:
    """``revealed`` categories of all, in their order; version 0 before it was opened."""

    revealed: int
    version: int


@dataclass(frozen=True, slots=True)
class Certificate:
    """A paper and what it says. ``category`` is empty for having completed."""

    code: str
    number: str
    region: Region
    cohort: Cohort
    category: str
    issued_at: datetime
    withdrawn_at: datetime | None
    reason: str


class Awards:
    """Categories, winners, certificates, ceremony."""

    def __init__(
        self, database: kernel.Database, access: Access, regions: Regions, cohorts: Cohorts, panel: Panel
    ) -> None:
        self._database = database
        self._access = access
        self._regions = regions
        self._cohorts = cohorts
        self._panel = panel

    # Categories and winners

    async def categories(self, actor: security.Actor, cohort: Cohort) -> list[Category]:
        """All, with their nominees. Sealed: the secretariat only."""
        (await self._access.to(actor)).may_read("award")
        return await self._categories(cohort)

    async def public(self, cohort: Cohort) -> list[Category]:
        """What everyone may see: nothing before the results were published, then the winners of every category."""
        found = await self._categories(cohort) if cohort.published_at else []
        return [replace(one, nominees=one.winners) for one in found]

    async def _categories(self, cohort: Cohort) -> list[Category]:
        regions = await self._regions.all()
        nominees: dict[UUID, list[Nominee]] = {}
        for row in await self._database.fetch(SQL.awards, cohort.id):
            one = Nominee(row["participation"], regions[row["region"]], row["place"], row["value"], row["winner"])
            nominees.setdefault(row["category"], []).append(one)
        return [
            Category(
                row["id"], cohort.id, row["position"], row["name"], msgspec.json.decode(row["rule"], type=Rule),
                kernel.decode(row["how"].encode()) if row["how"] else None,
                tuple(sorted(nominees.get(row["id"], ()), key=lambda one: (one.place, one.region.name, one.region.kind))),
            )
            for row in await self._database.fetch(SQL.categories, cohort.id)
        ]  # fmt: skip

    async def set_categories(self, actor: security.Actor, cohort: Cohort, given: list[tuple[str, Rule]]) -> None:
        """All categories anew, in the order of calling. Raises Invalid, Conflict once the ceremony was opened."""
        grant = await self._access.to(actor)
        grant.may_write("award")
        await self._refuse_after_opening(cohort)
        if not given or len(given) > MOST_CATEGORIES:
            raise kernel.Invalid("A ceremony has 1 to 40 categories.")
        for name, rule in given:
            if not 1 <= len(name) <= 120 or rule.by not in ("panel", "completed") or not 1 <= rule.places <= 50:
                raise kernel.Invalid("A category has a name, a rule, and 1 to 50 places.")
        async with self._database.transaction() as tx:
            await tx.execute(SQL.clear_awards, cohort.id)
            await tx.execute(SQL.clear_categories, cohort.id)
            for position, (name, rule) in enumerate(given, 1):
                await tx.execute(SQL.add_category, kernel.new_id(kernel.CITY), cohort.id, position, name, text(rule))
            await audit.append(tx, [event(audit.Kind.AWARDED, grant, f"cohort/{cohort.slug}", "categories")])

    async def compute(self, actor: security.Actor, cohort: Cohort) -> None:
        """Nominees and winners of every category from the scores as they are now, with the account of how.

        Raises Conflict while assessors are missing, while nobody has scored or said which score counts, where the
        instrument has no such part, or after the opening.
        """
        grant = await self._access.to(actor)
        grant.may_write("award")
        await self._refuse_after_opening(cohort)
        made = []
        for category in await self._categories(cohort):
            made.append((category, *await self._nominated(cohort, category.rule)))
        async with self._database.transaction() as tx:
            await tx.execute(SQL.clear_awards, cohort.id)
            for category, nominees, how in made:
                await tx.execute(SQL.explain, category.id, text(how))
                for participation, place, value, winner in nominees:
                    await tx.execute(SQL.add_award, category.id, participation, place, value, winner)
            await audit.append(tx, [event(audit.Kind.AWARDED, grant, f"cohort/{cohort.slug}", "computed")])

    async def _nominated(self, cohort: Cohort, rule: Rule):
        """(participation, place, value, winner) for each nominee, and how they were computed."""
        at = kernel.now().isoformat(timespec="seconds")
        if rule.by == "completed":
            done = [p for p in await self._cohorts.participations(cohort.id) if p.state == "completed"]
            return [(p.id, 1, None, True) for p in done], {"rule": rule, "at": at, "completed": len(done)}
        if cohort.settings.counts is None:
            raise kernel.Conflict("Say first, in the settings, whether the raw or the calibrated score counts.")
        instrument = await self._panel.instrument(cohort)
        if instruments.score(instrument.content, {}).find(rule.part) is None:
            raise kernel.Conflict("A category counts a part that the panel's instrument does not have.")
        standing = await self._panel.computed(cohort, rule.part)
        missing = sum(len(one.missing) for one in standing.results)
        if missing:
            raise kernel.Conflict("%(n)s score sheets are not final yet.", n=missing)
        if cohort.settings.counts == "calibrated" and standing.calibration is None:
            raise kernel.Conflict(standing.why_not or "Nobody has scored yet.")
        ranked = [one for one in standing.results if one.rank is not None]
        if not ranked:
            raise kernel.Conflict("Nobody has scored yet.")
        how = {
            "rule": rule, "at": at, "counts": cohort.settings.counts,
            "instrument": {"id": instrument.id, "version": instrument.version, "name": instrument.name},
            "scores": {one.region.slug: {"counted": one.counted, "raw": one.raw, "sheets": len(one.scores)} for one in ranked},
        }  # fmt: skip
        return [(one.participation.id, one.rank, one.counted, one.rank <= rule.places) for one in ranked], how

    async def _refuse_after_opening(self, cohort: Cohort) -> None:
        if (await self.ceremony(cohort.id)).version:
            raise kernel.Conflict("The ceremony was opened, so categories and winners stay as they are.")

    async def _refuse_outdated(self, cohort: Cohort, categories: list[Category]) -> None:
        """A sheet was reopened, a city left, another score counts: who is called on the stage must win by what is kept now."""
        for category in categories:
            nominees, _ = await self._nominated(cohort, category.rule)
            if set(nominees) != {(one.participation, one.place, one.value, one.winner) for one in category.nominees}:
                raise kernel.Conflict("Something changed after the winners were computed. Compute them again.")

    # The ceremony

    async def ceremony(self, cohort: UUID) -> Ceremony:
        """How far it is."""
        row = await self._database.fetchrow(SQL.ceremony, cohort)
        return Ceremony(row["revealed"], row["version"]) if row else Ceremony(0, 0)

    async def go(self, actor: security.Actor, cohort: Cohort, action: str, seen: int) -> None:
        """open, reveal (the next category), undo (the last), publish, withdraw; as seen at version ``seen``.

        Raises Conflict where it cannot follow, or when winners that changed since would be called; PreconditionFailed when
        another hand was faster. Every step is kept.
        """
        grant = await self._access.to(actor)
        grant.may_write("award")
        now_at = await self.ceremony(cohort.id)
        if now_at.version != seen:
            raise kernel.PreconditionFailed("Somebody else moved the ceremony meanwhile. Look where it stands.")
        cohort = await self._cohorts.one(cohort.id)  # whether it is published now, not when the page was made
        categories = await self._categories(cohort)
        revealed = self._next(action, now_at, categories, cohort)
        if action == "open":
            await self._refuse_outdated(cohort, categories)
        async with self._database.transaction() as tx:
            step = (SQL.open_ceremony, cohort.id) if action == "open" else (SQL.move, cohort.id, revealed, seen)
            if (await tx.execute(*step)).endswith(" 0"):
                raise kernel.PreconditionFailed("Somebody else moved the ceremony meanwhile. Look where it stands.")
            if action in ("publish", "withdraw"):
                await tx.execute(SQL.publish, cohort.id, kernel.now() if action == "publish" else None)
            await tx.execute(
                SQL.add_step, kernel.new_id(kernel.CITY), cohort.id, kernel.now(), actor.name, action, revealed
            )
            await audit.append(tx, [event(audit.Kind.REVEALED, grant, f"cohort/{cohort.slug}", f"{action} {revealed}")])

    def _next(self, action: str, at: Ceremony, categories: list[Category], cohort: Cohort) -> int:
        """Categories revealed after ``action``. Raises Conflict."""
        possible = {
            "open": at.version == 0 and bool(categories) and all(one.how for one in categories),
            "reveal": at.version > 0 and at.revealed < len(categories) and not cohort.published_at,
            "undo": at.revealed > 0 and not cohort.published_at,
            "publish": at.version > 0 and at.revealed == len(categories) and not cohort.published_at,
            "withdraw": cohort.published_at is not None,
        }
        if not possible.get(action, False):
            raise kernel.Conflict("The ceremony does not stand where this could follow. Look where it stands.")
        return at.revealed + {"reveal": 1, "undo": -1}.get(action, 0)

    async def steps(self, cohort: UUID) -> list[kernel.Row]:
        """Every step of the ceremony: at, actor_name, action, revealed."""
        return await self._database.fetch(SQL.steps, cohort)

    # Certificates

    async def certify(self, actor: security.Actor, cohort: Cohort) -> int:
        """Certificates for all who completed and all revealed winners that have none yet. How many are new."""
        grant = await self._access.to(actor)
        grant.may_write("award")
        ceremony, new = await self.ceremony(cohort.id), 0
        shown = [one for one in await self._categories(cohort) if one.position <= ceremony.revealed]
        wanted = [(p.id, None) for p in await self._cohorts.participations(cohort.id) if p.state == "completed"]
        wanted += [(n.participation, c.id) for c in shown if c.rule.by != "completed" for n in c.winners]
        async with self._database.transaction() as tx:
            await tx.execute(SQL.lock_cohort, cohort.id)
            count = await tx.fetchval(SQL.certificates_count, cohort.id)
            for participation, category in wanted:
                number = f"{cohort.slug.upper()}/{count + new + 1:04}"
                made = await tx.execute(
                    SQL.certify, secrets.token_urlsafe(15), participation, category, number, kernel.now()
                )  # fmt: skip
                new += made == "INSERT 0 1"
            await audit.append(tx, [event(audit.Kind.CERTIFIED, grant, f"cohort/{cohort.slug}", f"{new} issued")])
        return new

    async def certificates(self, actor: security.Actor, cohort: Cohort) -> list[Certificate]:
        """All of a cohort. For the secretariat."""
        (await self._access.to(actor)).may_read("award")
        return await self._certificates(await self._database.fetch(SQL.certificates, cohort.id))

    async def own_certificates(self, actor: security.Actor, participation: Participation) -> list[Certificate]:
        """Those of a city's team: of awards only once the results are public."""
        (await self._access.to(actor, participation.region)).may_read("participation")
        found = await self._certificates(await self._database.fetch(SQL.certificates_of, participation.id))
        return [one for one in found if not one.category or one.cohort.published_at]

    async def verify(self, code: str) -> Certificate:
        """The paper of a code. Anyone may ask. Raises NotFound: we issued no such paper."""
        found = await self._certificates(await self._database.fetch(SQL.certificate, code.strip()[:100]))
        if not found or (found[0].category and not found[0].cohort.published_at):
            raise kernel.NotFound("Sekali issued no certificate with this code. What the paper says is not confirmed.")
        return found[0]

    async def withdraw(self, actor: security.Actor, code: str, reason: str) -> None:
        """A paper no longer holds; who verifies it reads so. Raises Invalid, NotFound."""
        grant = await self._access.to(actor)
        grant.may_write("award")
        if not reason.strip():
            raise kernel.Invalid("Write the reason; everyone who verifies the certificate will read it.", path="reason")
        async with self._database.transaction() as tx:
            number = await tx.fetchval(SQL.withdraw, code, kernel.now(), reason[:500])
            if number is None:
                raise kernel.NotFound("There is no such certificate.")
            await audit.append(tx, [event(audit.Kind.CERTIFIED, grant, f"certificate/{number}", "withdrawn")])

    async def _certificates(self, rows: list[kernel.Row]) -> list[Certificate]:
        regions, cohorts = await self._regions.all(), {one.id: one for one in await self._cohorts.all()}
        return [
            Certificate(row["code"], row["number"], regions[row["region"]], cohorts[row["cohort"]], row["category"] or "",
                        row["issued_at"], row["withdrawn_at"], row["reason"])
            for row in rows
        ]  # fmt: skip
