"""A city with systems that ask in bulk, over HTTP without a socket."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest_asyncio

from sekali import app, kernel, security

BASE = "/fhir-r4/v1"


@dataclass(frozen=True)
class Office:
    """The joined program, and systems with a token each."""

    sekali: app.Sekali
    rsud: httpx.AsyncClient
    pratama: httpx.AsyncClient
    operator: httpx.AsyncClient

    async def work(self) -> None:
        """Do every job that waits."""
        while await self.sekali.bulk.worker().once():
            pass

    async def finished(self, client: httpx.AsyncClient, url: str, **asked) -> dict:
        """The manifest of a job that is kicked off and done."""
        started = await client.get(url, **asked)
        assert started.status_code == 202, started.text
        return await self.manifest(client, started.headers["content-location"])

    async def manifest(self, client: httpx.AsyncClient, place: str) -> dict:
        await self.work()
        answer = await client.get(place)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def lines(self, client: httpx.AsyncClient, manifest: dict, kind: str = "output") -> list[bytes]:
        """Every line of every file of a manifest."""
        found = []
        for part in manifest[kind]:
            file = await client.get(part["url"], headers={"Accept": "application/fhir+ndjson"})
            assert file.status_code == 200 and file.headers["content-type"] == "application/fhir+ndjson"
            some = file.content.splitlines()
            assert len(some) == part["count"]
            found += some
        return found


@asynccontextmanager
async def client_of(sekali: app.Sekali, name: str, secret: str) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(sekali.asgi)
    async with httpx.AsyncClient(transport=transport, base_url=f"http://sekali{BASE}") as client:
        answer = await client.post(
            "http://sekali/oauth2/v1/accesstoken?grant_type=client_credentials",
            data={"client_id": name, "client_secret": secret},
        )
        client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        yield client


@pytest_asyncio.fixture(loop_scope="session")
async def office(city: app.Sekali, folder: Path, tmp_path: Path) -> AsyncIterator[Office]:
    shutil.copytree(folder / "data/keys", tmp_path / "keys")
    sekali = await app.build(kernel.Settings(data=tmp_path, bulk_mb=100), city.database)
    async with sekali.database.transaction() as tx:
        await sekali.doorkeeper.add_operator(tx, "operator", "s" * 43)
    secret = "sekali-demo-client-secret"
    async with (
        client_of(sekali, "rsud-simrs", secret) as rsud,
        client_of(sekali, "pratama-simrs", secret) as pratama,
        client_of(sekali, "operator", "s" * 43) as operator,
    ):
        yield Office(sekali, rsud, pratama, operator)


@pytest_asyncio.fixture(loop_scope="session")
async def loading() -> security.Grant:
    return security.decide(security.SYSTEM, security.Purpose.LOAD)
