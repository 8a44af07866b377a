"""Writing: one database transaction, its watchers, and its audit."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

import msgspec

from sekali import audit, fhir, kernel, security

from .keeping import Keeping
from .prepared import UNDATED, Prepared, decode, owner, prepare, preparing
from .query import Query, parse
from .seal import open_to
from .sealing import Owned, Seals
from .search import Search
from .stored import Stored, stored

SQL = kernel.queries(__file__.replace("change", "store"))
Related = Callable[[UUID, UUID, kernel.Session], Awaitable[bool]]
"""Whether a facility stands in a relation to a person, as a transaction sees it."""
_NOWHERE = "the reference leads nowhere; keep that resource first, and write the id that its answer gives"


class Change(msgspec.Struct, frozen=True, dict=True):
    """What a watcher is told of: one resource that was written in this transaction."""

    type: str
    id: UUID
    subject: UUID | None
    content: bytes
    deleted: bool
    grant: security.Grant
    cipher: security.Cipher
    before: bytes = b""
    """The content that it had; empty for what is new."""

    @cached_property
    def resource(self) -> dict[str, Any] | None:
        """The new content as Python objects; None when it was deleted."""
        return None if self.deleted else kernel.decode(self.content)


class Writing:
    """What can be written within one transaction. Made by ``Store.change``.

    :ivar tx: the transaction, for the caller's own tables. Whatever is asked of it sees what was written before.
    :ivar within: says where a failure at the end happened, for whom it is a part of something larger.
    """

    def __init__(
        self, tx: kernel.Session, cipher: security.Cipher, grant: security.Grant, strict: bool, seals: Seals,
        related: Related,
    ) -> None:  # fmt: skip
        self.tx = tx
        self._cipher = cipher
        self._held = False
        self._grant = grant
        self._strict = strict
        self._seals = seals
        self._keeping = Keeping(tx, cipher, seals, grant)
        self._related = related
        self._at = kernel.this_millisecond()
        self._new: list[Prepared] = []
        self._references: set[tuple[str, str]] = set()
        self._in_use: dict[tuple[str, UUID], bool] = {}
        self._pointing: dict[tuple[str, UUID], set[tuple[str, str]]] = {}
        self._notes: list[audit.Event] = []
        self.changes: list[Change] = []
        self.within: AbstractContextManager[None] = nullcontext()

    async def create(self, resource: dict[str, Any] | bytes, id: UUID | None = None) -> Stored:
        """Keep a new resource; it is on disk when the transaction ends.

        :param id: an id made before by ``kernel.new_person`` or ``kernel.new_id``; made here when left out.
        Raises Invalid (each fault with its path), Forbidden, NotFound (a kind not kept here).
        """
        content = resource if isinstance(resource, bytes) else kernel.encode(resource)
        decoded = decode(content)
        return await self.keep(kernel.through(self.preparing(content, id or self.new_id(decoded), decoded)))

    def preparing(self, content: bytes, id: UUID, decoded: dict[str, Any] | None = None) -> kernel.Steps[Prepared]:
        """A new resource made ready for :meth:`keep`, in steps; ``decoded`` as for ``prepare``. Raises Invalid, NotFound."""
        return preparing(content, id, 1, self._at, self._strict, decoded)

    async def keep(self, new: Prepared) -> Stored:
        """Keep what was made ready. Raises Forbidden."""
        self._check(new.type, new.subject)
        if new.type == "Consent" and "Consent" in self._grant.related:
            await self._require_related(new.subject)
        self._wrote(new)
        return Stored(new.type, new.id, 1, new.updated, new.content, new.subject)

    async def update(
        self, type: str, id: UUID, resource: dict[str, Any] | bytes, if_match: int | None = None
    ) -> Stored:
        """Put a new version in place of the present one, which is kept.

        :param if_match: the version that the caller has seen; a newer one raises PreconditionFailed.
        Raises NotFound, Gone, Invalid, Forbidden.
        """
        now = await self._present(type, id, if_match)
        content = resource if isinstance(resource, bytes) else kernel.encode(resource)
        new = prepare(content, id, now.version + 1, self._at, self._strict)
        if (new.type, new.subject) != (type, now.subject):
            raise kernel.Conflict("A resource cannot be moved from one person to another.")
        self._wrote(new, now.content)
        return Stored(type, id, new.version, new.updated, new.content, new.subject)

    async def put(self, type: str, id: UUID, resource: dict[str, Any] | bytes, if_match: int | None = None) -> Stored:
        """An update; where nothing has ever had this id, a create with it (https://hl7.org/fhir/R4/http.html#upsert).

        The new id must be on the shard of the person it belongs to, as those that are made here. Raises what ``update``
        and ``create`` raise; with ``if_match`` nothing is made.
        """
        try:
            return await self.update(type, id, resource, if_match)
        except kernel.NotFound:
            if if_match is not None:
                raise
        content = resource if isinstance(resource, bytes) else kernel.encode(resource)
        decoded = decode(content)
        if decoded.get("resourceType") != type:
            raise kernel.Invalid(faults=[kernel.Fault("resourceType", "is another kind than the path says")])
        require_place(decoded, id, self._strict)
        return await self.create(content, id)

    async def patch(self, type: str, id: UUID, patch: bytes, media_type: str, if_match: int | None = None) -> Stored:
        """A new version that differs from the present one by a patch (see ``fhir.patched``).

        Whoever offers this to somebody has them read the resource first (``Reader.read``): a patch tells what is there.
        Raises what ``update`` and ``fhir.patched`` raise.
        """
        now = await self._present(type, id, if_match)
        return await self.update(type, id, fhir.patched(now.content, patch, media_type))

    async def delete(self, type: str, id: UUID, if_match: int | None = None) -> Stored:
        """Take a resource out of use; all its versions stay.

        Raises NotFound, Gone, Forbidden, and Conflict for a person who has a record.
        """
        now = await self._present(type, id, if_match)
        shard = kernel.shard_of(id)
        if type == "Patient" and await self.tx.fetchval(SQL.others_of, shard, id):
            raise kernel.Conflict(
                "This person has a record. It is kept for 25 years (PMK 24/2022), so the person cannot be deleted."
            )
        gone = Prepared(shard, type, id, now.subject, now.version + 1, self._at, True, UNDATED, [], b"")
        self._wrote(gone, now.content)
        return Stored(type, id, gone.version, gone.updated, b"", now.subject, True)

    async def present(self, type: str, id: UUID) -> Stored:
        """The present version, locked until this transaction ends. Raises NotFound, Gone, Forbidden."""
        return await self._present(type, id, None)

    def new_id(self, resource: dict[str, Any]) -> UUID:
        """An id for a resource that is not kept yet, on the shard of the person it belongs to. Raises Invalid."""
        return new_resource_id(resource, self._strict)

    async def find(self, type: str, condition: str) -> Stored | None:
        """The one resource that a condition means (``identifier=system|value``), for conditional interactions.

        Whoever asks for the same waits until this transaction ends, so that two never create one each. Raises
        PreconditionFailed when several match, Invalid, Forbidden, TooCostly.
        """
        await self._hold()
        params = parse_qsl(condition.lstrip("?"), keep_blank_values=True)
        if not params:
            raise kernel.Invalid("A condition needs search parameters, such as identifier=system|value.")
        self._grant.may_read(type)
        await self.tx.fetchval(
            "select pg_advisory_xact_lock($1)", fhir.term_hash(type, "condition", repr(sorted(params)))
        )
        query = parse(type, [*params, ("_count", "2")], lenient=False)
        await self._permit(query)
        found = (await Search(self.tx, self._cipher, self._grant, self._permit).run(query)).items
        if len(found) > 1:
            raise kernel.PreconditionFailed("More than one %(type)s fits this condition.", type=type)
        return found[0] if found else None

    async def _permit(self, query: Query) -> None:
        """A condition is only about what may be written anyway; and where only people in a relation may be read, about
        things whose number the asker knows: whether it fits would tell anything else of everybody.
        """
        self._grant.may_write(query.type)
        if query.type in self._grant.related and not query.by_number():
            raise kernel.Forbidden(
                "A condition on %(type)s names its identifier: system|value.", rule="20003", type=query.type
            )

    @property
    def grant(self) -> security.Grant:
        """Under which all of it is written."""
        return self._grant

    def add(self, one: audit.Event) -> None:
        """One more audit event with this transaction, made under another Grant of the same actor."""
        self._notes.append(one)

    def note(self, kind: audit.Kind, citizen: UUID | None, what: str, detail: str = "") -> None:
        """One more audit event with this transaction, in the field's own word (checked in, referred)."""
        self._notes.append(event(self._grant, kind, citizen, what, detail))

    async def flush(self) -> None:
        """Send what was written and is still here, before anything is asked of the transaction. Raises Conflict."""
        new, self._new = self._new, []
        if new:
            await self._keeping.keep(await self._owned(new))
            self._held = True

    async def _owned(self, new: Sequence[Prepared]) -> list[Owned]:
        facility, owned, turns = self._grant.actor.facility, [], kernel.Turns()
        for row in new:
            owned.append(self._seals.own(row, self._pointing.pop((row.type, row.id)), facility))
            await turns.give()
        return owned

    async def _hold(self) -> None:
        """The keys stay as they are from here on."""
        await self.tx.send_before()
        if not self._held:  # by what was sent
            await self._cipher.hold(self.tx)
            self._held = True

    async def finish(self, told: bool = True) -> None:
        """Send the rest with the audit of it all, if every reference leads somewhere; the last thing before the commit.

        Raises Invalid, Conflict. Without the audit (``told``) it is only looked at whether it could be.
        """
        events = self._events() if told else []
        self.tx.before, (new, self._new) = None, (self._new, [])
        references = self._leading() if self._strict else set()
        if new or references:
            outcome = await self._keeping.keep(await self._owned(new), references, audit.ready(self.tx, events))
            if outcome.lost:
                raise self._lost(outcome.lost)
            if outcome.told:
                return
        await audit.append(self.tx, events)

    def _leading(self) -> set[tuple[str, UUID]]:
        """What is referred to and has to be looked up, as nothing was done with it here.

        Raises Invalid for what was deleted here, and for what can be no id of this server.
        """
        found, wrong = set[tuple[str, UUID]](), list[str]()
        for type, text in self._references:
            id = kernel.as_uuid(text)
            in_use = self._in_use.get((type, id)) if id is not None else False
            if in_use is None:
                found.add((type, id))
            elif not in_use:
                wrong.append(f"{type}/{text}")
        if wrong:
            raise self._lost(sorted(wrong))
        return found

    def _lost(self, references: Sequence[str]) -> kernel.Invalid:
        faults = [kernel.Fault(self._place(one), f"{one}: {_NOWHERE}") for one in references[:20]]
        return kernel.Invalid(rule="20007", faults=faults)

    def _place(self, reference: str) -> str:
        """The element that holds a reference; the reference itself where it is written with an address before it."""
        places = (fhir.place_of(reference, change.resource, change.type) for change in self.changes if change.resource)
        return next((place for place in places if place), reference)

    def _events(self) -> list[audit.Event]:
        """The audit of it all."""
        wrote: dict[tuple[audit.Kind, UUID | None], list[Change]] = {}
        for change in self.changes:
            kind = audit.Kind.DELETED if change.deleted else audit.Kind.WROTE
            wrote.setdefault((kind, change.subject), []).append(change)
        events = [event(self._grant, kind, citizen, _short(what)) for (kind, citizen), what in wrote.items()]
        return [*events, *self._notes]

    def _check(self, type: str, subject: UUID | None) -> None:
        self._grant.may_write(type)
        self._grant.concerns(subject)

    async def _present(self, type: str, id: UUID, if_match: int | None) -> Stored:
        self._grant.may_write(type)
        row = await self.tx.fetchrow(SQL.lock, kernel.shard_of(id), type, id)
        if row is None:
            raise kernel.NotFound("There is no %(type)s with this id.", rule="20007", type=type)
        now = stored(self._cipher, row)
        await self._require_theirs(row)
        self._grant.concerns(now.subject)
        if now.deleted:
            raise kernel.Gone("This %(type)s was deleted.", type=type)
        if if_match is not None and if_match != now.version:
            raise kernel.PreconditionFailed(
                "Somebody changed this since you read it (version %(seen)s, now %(now)s). Read it again, then change it.",
                path="If-Match",
                seen=if_match,
                now=now.version,
            )
        return now

    async def _require_theirs(self, row: kernel.Row) -> None:
        """Who holds a Grant for people in a relation changes only what is of them, or what their facility wrote.

        Desks change what they were shown under a Grant for the one person. Raises NotFound for what is sealed, Forbidden.
        """
        type, facility = row["type"], self._grant.actor.facility
        if type not in self._grant.related or facility is None or row["origin"] == facility:
            return
        if not await open_to(self.tx, self._grant, row):
            raise kernel.NotFound("There is no %(type)s with this id.", rule="20007", type=type)
        if type == "Consent":
            raise kernel.Forbidden("Only the facility that noted a Consent may change it.", rule="20003")
        await self._require_related(row["subject"])

    async def _require_related(self, person: UUID | None) -> None:
        """Raises Forbidden for a person whom the actor's facility does not care for."""
        facility = self._grant.actor.facility
        if person is not None and (facility is None or not await self._related(facility, person, self.tx)):
            raise kernel.Forbidden("Your facility has no visit or referral of this person.", rule="20003")

    def _wrote(self, new: Prepared, before: bytes = b"") -> None:
        pointing = self._pointing[new.type, new.id] = fhir.references(new.content)
        self._references |= pointing
        self._in_use[new.type, new.id] = not new.deleted
        self._new.append(new)
        self.tx.before = self.flush
        self.changes.append(
            Change(new.type, new.id, new.subject, new.content, new.deleted, self._grant, self._cipher, before)
        )


def require_place(resource: dict[str, Any], id: UUID, strict: bool = True) -> None:
    """Make sure that an id which somebody else made lies where the resource belongs. Raises Invalid."""
    type, shard = resource["resourceType"], kernel.shard_of(id)
    subject = owner(resource, id, strict)
    if type == "Patient":
        reason = (
            "must not begin with eight zeros, which mean that something is nobody's" if shard == kernel.CITY else ""
        )
    elif subject is None:
        reason = "" if shard == kernel.CITY else "must begin with eight zeros: this belongs to no one person"
    else:
        wanted = kernel.shard_of(subject)
        reason = "" if shard == wanted else "must begin with the same eight digits as the id of the patient"
    if reason:
        raise kernel.Invalid(faults=[kernel.Fault(f"{type}.id", reason)])


def new_resource_id(resource: dict[str, Any], strict: bool = True) -> UUID:
    """A new id on the shard of the person that the resource belongs to."""
    if resource.get("resourceType") == "Patient":
        return kernel.new_person()
    subject = owner(resource, None, strict)
    return kernel.new_id(kernel.CITY if subject is None else kernel.shard_of(subject))


def event(grant: security.Grant, kind: audit.Kind, citizen: UUID | None, what: str, detail: str = "") -> audit.Event:
    """An audit event of what was done under ``grant``."""
    actor = grant.actor
    return audit.Event(
        kind,
        actor.id,
        grant.signature,
        actor.role.value,
        actor.facility,
        citizen,
        grant.purpose.value,
        grant.basis,
        what,
        detail,
    )


def _short(what: Sequence[Change], most: int = 20) -> str:
    more = f" +{len(what) - most}" if len(what) > most else ""
    return ",".join(f"{one.type}/{one.id}" for one in what[:most]) + more
