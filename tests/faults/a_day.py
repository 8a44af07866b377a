"""A model of what a server must know, kept by clients that each own the people they write about.

A client does one thing after the other, so for each resource the model holds what was acknowledged last, and at most
one change whose answer never came: that one may have happened or not, until a read settles it.
"""

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import httpx

GONE = "gone"
READS, SEARCHES = 80, 15
"""Of a hundred requests; the rest writes."""
PAUSE = 0.05
"""Seconds after a broken line."""


@dataclass
class Known:
    """One Observation: the value acknowledged last, and one that may have been written."""

    value: int | str | None
    maybe: int | str | None = None

    def allows(self, seen: int | str | None) -> bool:
        return seen == self.value or (self.maybe is not None and seen == self.maybe)

    def settle(self, seen: int | str | None) -> None:
        self.value, self.maybe = seen, None


@dataclass
class Told:
    """What one client saw. ``wrong`` must stay empty."""

    requests: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


class Client:
    """A facility's system with one person of its own, and what it was told of that person's Observations."""

    def __init__(self, url: str, headers: dict[str, str], seed: int, told: Told) -> None:
        self._http = httpx.AsyncClient(base_url=f"{url}/fhir-r4/v1", headers=headers, timeout=30)
        self._rng = random.Random(seed)
        self._told = told
        self._known: dict[str, Known] = {}
        self._lost: set[int] = set()
        """Values of creates without an answer: whether they were kept is seen when they are found."""
        self._next = seed * 1_000_000
        self.person = ""

    async def begin(self, facility: str) -> None:
        """A person in the care of the client's facility."""
        self.person = (await self._sure("/Patient", {"resourceType": "Patient", "name": [{"text": "Hari (contoh)"}]}))[
            "id"
        ]
        visit = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"}
        await self._sure("/Encounter", {
            "resourceType": "Encounter", "status": "in-progress", "class": visit,
            "subject": {"reference": f"Patient/{self.person}"}, "serviceProvider": {"reference": facility},
        })  # fmt: skip

    async def live(self, until: asyncio.Event) -> None:
        """Requests of every kind until told to stop."""
        while not until.is_set():
            draw = self._rng.random() * 100
            try:
                if draw < READS and self._known:
                    await self._read(self._rng.choice(list(self._known)))
                elif draw < READS + SEARCHES:
                    await self._search()
                else:
                    await self._write()
            except httpx.HTTPError:
                self._told.requests["broken"] += 1
                await asyncio.sleep(PAUSE)

    async def settle(self) -> int:
        """After all: every resource is looked at once more. How many are there."""
        for id in list(self._known):
            await self._read(id)
        await self._search()
        await self._http.aclose()
        return sum(one.value != GONE for one in self._known.values())

    async def _read(self, id: str) -> None:
        answer = await self._http.get(f"/Observation/{id}")
        if self._refused(answer):
            return
        self._told.requests["read"] += 1
        seen = (
            GONE
            if answer.status_code == 410
            else answer.json().get("valueInteger")
            if answer.status_code == 200
            else None
        )
        if not self._known[id].allows(seen):
            self._told.wrong.append(f"read of {id}: {seen}, not {self._known[id]}")
        self._known[id].settle(seen)

    async def _search(self) -> None:
        """All Observations of the person, page by page, must be those that are known."""
        path, found = f"/Observation?patient={self.person}&_count=200", {}
        while path:
            answer = await self._http.get(path)
            if self._refused(answer):
                return
            page = answer.json()
            found |= {one["resource"]["id"]: one["resource"]["valueInteger"] for one in page.get("entry", ())}
            links = {link["relation"]: link["url"] for link in page["link"]}
            path = links.get("next", "").partition("/fhir-r4/v1")[2]
        self._told.requests["search"] += 1
        for id, value in found.items():
            if id not in self._known and value in self._lost:
                self._lost.discard(value)
                self._known[id] = Known(value)
            if id not in self._known:
                self._told.wrong.append(f"search: {id} is of nobody")
        for id, one in self._known.items():
            seen = found.get(id, GONE)
            if not one.allows(seen):
                self._told.wrong.append(f"search: {id} is {seen}, not {one}")
            one.settle(seen)

    async def _write(self) -> None:
        alive = [id for id, one in self._known.items() if one.value != GONE and one.maybe is None]
        draw = self._rng.random()
        if not alive or draw < 0.5:
            await self._create()
        elif draw < 0.9:
            await self._change(self._rng.choice(alive))
        else:
            await self._delete(self._rng.choice(alive))

    async def _create(self) -> None:
        value = self._number()
        self._lost.add(value)  # until its answer comes
        answer = await self._http.post("/Observation", json=self._observation(value))
        if answer.status_code == 201:
            self._told.requests["write"] += 1
            self._lost.discard(value)
            self._known[answer.json()["id"]] = Known(value)
        else:
            self._refused(answer)

    async def _change(self, id: str) -> None:
        value = self._number()
        self._known[id].maybe = value
        answer = await self._http.put(f"/Observation/{id}", json=self._observation(value) | {"id": id})
        self._wrote(id, answer, value, 200)

    async def _delete(self, id: str) -> None:
        self._known[id].maybe = GONE
        self._wrote(id, await self._http.delete(f"/Observation/{id}"), GONE, 204)

    def _wrote(self, id: str, answer: httpx.Response, value: int | str, status: int) -> None:
        if answer.status_code == status:
            self._told.requests["write"] += 1
            self._known[id].settle(value)
        else:
            self._refused(answer)  # 503: it may have been written or not

    def _refused(self, answer: httpx.Response) -> bool:
        """Whether the server said that it cannot just now. Any other failure is a wrong answer."""
        if answer.status_code == 503:
            self._told.requests["refused"] += 1
            return True
        if answer.status_code >= 400 and answer.status_code != 410:
            self._told.wrong.append(
                f"{answer.request.method} {answer.request.url.path}: {answer.status_code} {answer.text[:200]}"
            )
            return True
        return False

    async def _sure(self, path: str, resource: dict[str, Any]) -> dict[str, Any]:
        answer = await self._http.post(path, json=resource)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def _number(self) -> int:
        self._next += 1
        return self._next

    def _observation(self, value: int) -> dict[str, Any]:
        return {
            "resourceType": "Observation", "status": "final", "code": {"text": "Hitung"},
            "subject": {"reference": f"Patient/{self.person}"}, "valueInteger": value,
        }  # fmt: skip
