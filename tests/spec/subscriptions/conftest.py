"""Hospitals with systems that want to be told, over HTTP without a socket; their endpoint is a real one."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
import pytest
import pytest_asyncio
from payloads import asking, encounter, referral
from receiving import Receiver, receiver
from running import another_database

from sekali import app, kernel

BASE = "/fhir-r4/v1"
DUE = "update subscription.subscription set due_at = now() - interval '1 second'"


@dataclass(frozen=True)
class Hospital:
    """A hospital's system."""

    http: httpx.AsyncClient
    organization: str
    location: str

    async def post(self, resource: dict) -> dict:
        answer = await self.http.post(f"/{resource['resourceType']}", json=resource)
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def put(self, resource: dict) -> dict:
        answer = await self.http.put(f"/{resource['resourceType']}/{resource['id']}", json=resource)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def read(self, reference: str) -> dict:
        answer = await self.http.get(f"/{reference}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def person(self) -> dict:
        return await self.post({"resourceType": "Patient", "name": [{"text": "Uji Langganan"}], "gender": "female"})

    async def visit(self, person: dict) -> dict:
        return await self.post(encounter(self.organization, person["id"], self.location))

    async def refer(self, person: dict, to: str, priority: str = "routine") -> dict:
        """The Task of a new referral."""
        visit = await self.visit(person)
        request = await self.post(referral(person["id"], visit["id"], self.organization, to))
        return await self.post(asking(person["id"], request["id"], self.organization, to) | {"priority": priority})


@dataclass(frozen=True)
class Office:
    """The joined program; ``rsud`` refers, ``pratama`` receives."""

    sekali: app.Sekali
    rsud: Hospital
    pratama: Hospital

    async def tell(self) -> None:
        """Send all that waits, pauses between attempts or not."""
        await self.sekali.database.execute(DUE)
        await self.sekali.subscriptions.sender.once()


@asynccontextmanager
async def hospital(sekali: app.Sekali, client: str, name: str) -> AsyncIterator[Hospital]:
    transport = httpx.ASGITransport(sekali.asgi)
    async with httpx.AsyncClient(transport=transport, base_url=f"http://sekali{BASE}") as http:
        answer = await http.post(
            "http://sekali/oauth2/v1/accesstoken?grant_type=client_credentials",
            data={"client_id": client, "client_secret": "sekali-demo-client-secret"},
        )
        http.headers.update({
            "Authorization": f"Bearer {answer.json()['access_token']}", "Content-Type": "application/fhir+json",
        })  # fmt: skip
        found = (await http.get("/Organization", params={"name": name})).json()["entry"][0]["resource"]["id"]
        places = (await http.get("/Location", params={"organization": f"Organization/{found}"})).json()
        yield Hospital(http, found, f"Location/{places['entry'][0]['resource']['id']}")


CLEAN = (
    "truncate subscription.subscription, subscription.event",
    "delete from audit.event where kind in ('notified', 'subscribed')",
    "insert into security.client select * from kept.client on conflict do nothing",
)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def city_hall(cluster, city_template, folder) -> AsyncIterator[app.Sekali]:
    """One city for all tests of a module: each needs people of its own only."""
    async with another_database(cluster, city_template) as database:
        await database.execute("create schema kept")
        await database.execute("create table kept.client as select * from security.client")
        yield await app.build(kernel.Settings(data=folder / "data"), database)


@pytest_asyncio.fixture(loop_scope="session")
async def office(city_hall: app.Sekali) -> AsyncIterator[Office]:
    sekali = city_hall
    for statement in CLEAN:
        await sekali.database.execute(statement)
    async with (
        hospital(sekali, "rsud-simrs", "RSUD Kota Yogyakarta") as rsud,
        hospital(sekali, "pratama-simrs", "RS Pratama") as pratama,
    ):
        yield Office(sekali, rsud, pratama)


@pytest.fixture
def endpoint() -> Iterator[Receiver]:
    with receiver() as found:
        yield found
