"""Filled-in instruments: by assessors, the secretariat, a city about itself, an evaluator.

Every sending is kept as a version. A sheet carries a key made by the one who fills it in, so that a tablet that lost
its line may send again and again and it counts once. A final sheet is not changed; it can be reopened with a reason.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

import msgspec

from sekali import audit, kernel, security

from . import instruments
from .access import Access, event
from .cohorts import text

SQL = kernel.queries(__file__)
LONGEST_NOTE = 4_000


class Answer(msgspec.Struct, frozen=True, omit_defaults=True):
    """One answer. ``value`` None: not answered. ``source`` or ``evidence`` say where it is from."""

    value: Decimal | None = None
    source: str = ""
    note: str = ""
    evidence: UUID | None = None


Answers = dict[str, Answer]


@dataclass(frozen=True, slots=True)
class Adopted:
    """A version of an instrument as it is kept; ``adopted_at`` None while it is a draft."""

    id: UUID
    kind: str
    version: int
    name: str
    source: str
    adopted_at: datetime | None
    content: instruments.Instrument


@dataclass(frozen=True, slots=True)
class Sheet:
    """One filled-in instrument."""

    id: UUID
    occasion: UUID
    part: str
    region: UUID
    scorer: UUID
    scorer_name: str
    instrument: UUID
    version: int
    final: bool
    answers: Answers
    note: str
    updated_at: datetime

    @property
    def values(self) -> dict[str, Decimal]:
        """Question -> answer, those that were answered."""
        return {key: answer.value for key, answer in self.answers.items() if answer.value is not None}


@dataclass(frozen=True, slots=True)
class Place:
    """Which sheet is meant."""

    occasion: UUID
    part: str
    region: UUID
    scorer: UUID
    scorer_name: str


class Sheets:
    """Instruments and what was filled in."""

    def __init__(self, database: kernel.Database, access: Access) -> None:
        self._database = database
        self._access = access

    # Instruments

    async def versions(self, kind: str | None = None) -> list[Adopted]:
        """All versions, of one kind or of all, the newest first."""
        return [_adopted(row) for row in await self._database.fetch(SQL.instruments, kind)]

    async def instrument(self, id: UUID | None) -> Adopted:
        """Raises NotFound."""
        row = await self._database.fetchrow(SQL.instrument, id)
        if row is None:
            raise kernel.NotFound("There is no such instrument.")
        return _adopted(row)

    async def draft(
        self, actor: security.Actor, kind: str, content: instruments.Instrument, source: str, draft: UUID | None = None
    ) -> UUID:
        """Keep a draft (a new version, or ``draft`` again). Weights may still be wrong. Raises Conflict when adopted."""
        grant = await self._access.to(actor)
        grant.may_write("instrument")
        async with self._database.transaction() as tx:
            if draft is None:
                draft = kernel.new_id(kernel.CITY)
                await tx.execute(SQL.add_instrument, draft, kind, content.name, text(content), source[:500])
            elif await tx.execute(SQL.change_draft, draft, content.name, text(content), source[:500]) == "UPDATE 0":
                raise kernel.Conflict("This version was adopted and is not changed any more. Make a new version.")
            await audit.append(tx, [event(audit.Kind.COHORT_CHANGED, grant, f"instrument/{draft}", "draft")])
        return draft

    async def adopt(self, actor: security.Actor, id: UUID) -> None:
        """From now on it may be used, and never changes. Raises Invalid (weights that do not add to 100 exactly)."""
        grant = await self._access.to(actor)
        grant.may_write("instrument")
        instruments.check((await self.instrument(id)).content)
        async with self._database.transaction() as tx:
            await tx.execute(SQL.adopt, id, kernel.now())
            await audit.append(tx, [event(audit.Kind.COHORT_CHANGED, grant, f"instrument/{id}", "adopted")])

    # Sheets

    async def of(self, occasion: UUID, part: str | None = None, region: UUID | None = None) -> list[Sheet]:
        """Sheets of an occasion, in the order of their first sending."""
        return [_sheet(row) for row in await self._database.fetch(SQL.sheets, occasion, part, region)]

    async def one(self, place: Place) -> Sheet | None:
        """The sheet of one scorer about one region, or None when nothing was sent yet."""
        row = await self._database.fetchrow(SQL.sheet, place.occasion, place.part, place.region, place.scorer)
        return _sheet(row) if row else None

    async def history(self, sheet: UUID) -> list[kernel.Row]:
        """Every sending: version, at, actor_name, final, note."""
        return await self._database.fetch(SQL.history, sheet)

    async def send(
        self, grant: security.Grant, place: Place, instrument: Adopted, answers: Mapping[str, Answer], *, key: str,
        final: bool = False, note: str = "", base: int | None = None, within: str = "",
    ) -> int:  # fmt: skip
        """Keep a sending; its version. The same ``key`` with the same sheet again changes nothing.

        :param within: the first-level part that this sheet is about; empty for the whole instrument.
        :param base: the version that the sender saw, 0 for none; another one in between raises PreconditionFailed.
            None: whatever is there is written over.
        Raises Invalid (answers; a key that was used for something else), Conflict (the sheet is final; the instrument is
        not adopted or another one).
        """
        if instrument.adopted_at is None:
            raise kernel.Conflict("This instrument is still a draft. It can be used when it has been adopted.")
        values = {name: answer.value for name, answer in answers.items() if answer.value is not None}
        instruments.check_answers(instrument.content, values)
        asked = {question.key for question in instrument.content.questions(within)}
        if not answers.keys() <= asked:
            raise kernel.Invalid("This sheet answers questions that are not on it.")
        if final and len(values) < len(asked):
            raise kernel.Invalid("Some questions have no answer yet. Answer them, or save without making it final.")
        if not 8 <= len(key) <= 100:
            raise _unrecognised()
        kept, note = {name: answer for name, answer in answers.items() if answer != Answer()}, note[:LONGEST_NOTE]
        async with self._database.transaction() as tx:
            # A sheet that is not there yet cannot be locked as a row, and two first sendings may come at once.
            await tx.execute(SQL.one_at_a_time, f"{place.occasion} {place.part} {place.region} {place.scorer}")
            known = await tx.fetchrow(SQL.sending, key, place.occasion, place.part, place.region, place.scorer)
            if known is not None:
                # To say "kept" of other words than those that were kept would lose them.
                same = msgspec.json.decode(known["answers"], type=Answers), known["final"], known["note"]
                if not known["here"] or same != (kept, final, note):
                    raise _unrecognised()
                return known["version"]
            row = await tx.fetchrow(SQL.lock_sheet, place.occasion, place.part, place.region, place.scorer)
            _refuse(row, instrument.id, base)
            id, version = (row["id"], row["version"] + 1) if row else (kernel.new_id(kernel.CITY), 1)
            told, at = text(kept), kernel.now()
            await tx.execute(SQL.keep_sheet, id, place.occasion, place.part, place.region, place.scorer, place.scorer_name,
                             instrument.id, version, final, told, note, at)  # fmt: skip
            await tx.execute(SQL.keep_sending, id, version, key, at, grant.actor.name, final, told, note)
            await audit.append(tx, [event(audit.Kind.SCORED, grant, f"sheet/{id}", f"{place.part} version {version}")])
        return version

    async def reopen(self, grant: security.Grant, id: UUID, reason: str) -> None:
        """A final sheet may be changed again; the reason is kept. Raises Invalid, NotFound."""
        if not reason.strip():
            raise kernel.Invalid("Write the reason; it is kept with the sheet.", path="reason")
        async with self._database.transaction() as tx:
            row = await tx.fetchrow(SQL.reopen, id, kernel.now())
            if row is None:
                raise kernel.NotFound("There is no such sheet, or it is not final.")
            key = f"reopened-{id}-{row['version']}"
            await tx.execute(SQL.keep_sending, id, row["version"], key, kernel.now(), grant.actor.name, False,
                             row["answers"], reason[:LONGEST_NOTE])  # fmt: skip
            await audit.append(tx, [event(audit.Kind.SCORED, grant, f"sheet/{id}", "reopened")])


def _unrecognised() -> kernel.Invalid:
    return kernel.Invalid("This sheet could not be recognised. Load the page again; what you typed is still there.")


def _refuse(row: kernel.Row | None, instrument: UUID, base: int | None) -> None:
    if row is None:
        return
    if row["final"]:
        raise kernel.Conflict("This sheet was made final. Ask the secretariat to reopen it; nothing you typed is lost.")
    if row["instrument"] != instrument:
        raise kernel.Conflict(
            "This sheet was begun with another version of the instrument. It stays with that version."
        )
    if base is not None and base != row["version"]:
        raise kernel.PreconditionFailed(
            "This sheet was sent from another device meanwhile. Compare before you send again."
        )


def _adopted(row: kernel.Row) -> Adopted:
    return Adopted(**dict(row) | {"content": msgspec.json.decode(row["content"], type=instruments.Instrument)})


def _sheet(row: kernel.Row) -> Sheet:
    return Sheet(**dict(row) | {"answers": msgspec.json.decode(row["answers"], type=Answers)})
