"""The work of ``$export`` (https://hl7.org/fhir/uv/bulkdata/STU2/export.html)."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from time import monotonic
from urllib.parse import parse_qsl
from uuid import UUID

from sekali import kernel, records

from .folder import Parts
from .job import Asked, Come, Job
from .jobs import Jobs

BETWEEN_NOTES = 1.0
"""Seconds of work that a worker may lose when it is killed."""
END = "."
"""The place after the last kind."""
_Page = tuple[list[records.Stored], list[str]]


def filters(asked: list[tuple[str, str]]) -> dict[str, list]:
    """The searches of ``_typeFilter``, by kind. Raises Invalid, NotFound, Unsupported."""
    found = defaultdict(list)
    for type, query in asked:
        found[type].append(records.parse_filter(type, parse_qsl(query, keep_blank_values=True)))
    return dict(found)


class Exporting:
    """One export being done by one worker."""

    def __init__(self, jobs: Jobs, store: records.Store, one: Job, most: int) -> None:
        self._jobs = jobs
        self._job = one
        self._extract = store.extract(
            one.grant, one.asked.since or records.EVER, one.moment, filters(one.asked.filters)
        )
        self._parts = Parts(Path(one.folder), one.come.parts, most, jobs.seals(one))
        self._people: set[UUID] = set()
        self._noted = monotonic()

    async def run(self) -> None:
        """To the end, from where a worker before left it. Raises Lost, TooCostly, Unavailable, Forbidden."""
        come, asked = self._job.come, self._job.asked
        try:
            await self._extract.settle()
            if not come.total:
                come.total = await self._total(asked)
            pages = self._of_people(asked) if asked.people else self._of_kinds(asked)
            async for items, come.place in pages:
                self._write(items)
                come.done += 0 if asked.people else len(items)
                if monotonic() - self._noted >= BETWEEN_NOTES:
                    await self._note()
            await self._note()
        finally:
            self._parts.close()

    async def _total(self, asked: Asked) -> int:
        """Of its own people where it has a list, so that the progress tells nothing about others."""
        return await (self._jobs.count_people(self._job.id) if asked.people else self._extract.many(asked.types))

    async def _of_kinds(self, asked: Asked) -> AsyncIterator[_Page]:
        kind, *rest = self._job.come.place or asked.types[:1]
        after = (datetime.fromisoformat(rest[0]), UUID(rest[1])) if rest else None
        following = dict(zip(asked.types, [*asked.types[1:], END], strict=True))
        while kind != END:
            items, after = await self._extract.of_kind(kind, after, asked.level != "system")
            if after is None:
                kind = following[kind]
            yield items, [kind, after[0].isoformat(), str(after[1])] if after else [kind]

    async def _of_people(self, asked: Asked) -> AsyncIterator[_Page]:
        """By person; ``done`` counts people here."""
        place = self._job.come.place
        person, after = (UUID(place[0]), (place[1], UUID(place[2]))) if place else (UUID(int=0), None)
        while people := await self._jobs.people(self._job.id, person):
            if people[0] != person:
                after = None
            while True:
                items, at = await self._extract.of_people(people, asked.types, after)
                if at is None:
                    break
                person, after = at[0], at[1:]
                self._job.come.done += people.index(person)
                people = people[people.index(person) :]
                yield items, [str(person), after[0], str(after[1])]
            self._job.come.done += len(people)
            person, after = UUID(int=people[-1].int + 1), None
            yield items, [str(person), "", str(UUID(int=0))]

    def _write(self, items: list[records.Stored]) -> None:
        since = self._job.asked.since
        for one in items:
            if not one.deleted:
                self._parts.add("output", one.type, one.content)
            elif since is not None:
                self._parts.add("deleted", "Bundle", _deletion(one))
            else:
                continue
            if one.subject is not None:
                self._people.add(one.subject)

    async def _note(self) -> None:
        """Files on disk, then the audit of whose data is in them and how far it has come, in one transaction."""
        come = self._job.come
        await asyncio.to_thread(self._parts.sync)
        async with self._jobs.database.transaction() as tx:
            await self._jobs.come(tx, self._job, come)
            untold = await self._jobs.untold(tx, self._job, self._people)
            what = ",".join(sorted({part.type for part in come.parts})[:20])
            await self._extract.note(tx, untold, what, f"bulk {self._job.id}")
        self._people.clear()
        self._noted = monotonic()


def _deletion(one: records.Stored) -> bytes:
    """One line of a ``deleted`` file."""
    entry = {"request": {"method": "DELETE", "url": one.reference}}
    return kernel.encode({"resourceType": "Bundle", "type": "transaction", "entry": [entry]})


def progress(one: Job) -> str:
    """For X-Progress: what was done so far, of the asker's own."""
    come: Come = one.come
    if one.asked.people:
        return f"{come.done} of {come.total} people"
    return f"{come.done} of about {come.total} resources"
