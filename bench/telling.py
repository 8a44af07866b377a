"""Subscriptions: what they cost a write, and how soon a hospital is told. Part of `make bench`.

Creates are measured in turns over one database, with the outbox and without, so that a busy machine changes both.
"""

import asyncio
import statistics
import sys
import time
from pathlib import Path
from uuid import UUID

from city import cluster, loaded

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from receiving import receiver, subscription  # noqa: E402
from serving import DATA  # noqa: E402

from sekali import app, audit, care, identity, kernel, records, security  # noqa: E402

PEOPLE = 1000
ROUNDS, EACH = 30, 20
TOLD = 200


async def created(store: records.Store, grant: security.Grant, make) -> float:
    """Milliseconds of one create, each in its own transaction."""
    began = time.perf_counter()
    for _ in range(EACH):
        async with store.change(grant) as change:
            await change.create(make())
    return (time.perf_counter() - began) / EACH * 1000


async def in_turns(name: str, stores: dict[str, records.Store], grant: security.Grant, make) -> None:
    taken: dict[str, list[float]] = {one: [] for one in stores}
    for _ in range(ROUNDS):
        for one, store in stores.items():
            taken[one].append(await created(store, grant, make))
    median = {one: statistics.median(all) for one, all in taken.items()}
    told = ", ".join(f"{one} {value:.2f} ms" for one, value in median.items())
    print(f"{name}: {told}; ratio {median['with'] / median['without']:.3f}")


async def main() -> None:
    async with cluster() as (within, folder), loaded(within, folder, PEOPLE) as city:
        await measure(city.database, city.sekali)


async def measure(database: kernel.Database, sekali: app.Sekali) -> None:
    rsud, pratama = await actor(database, "rsud-simrs"), await actor(database, "pratama-simrs")
    journal, cipher = audit.Journal(database), sekali.cipher
    watchers = (identity.Directory(database, cipher).claim, care.follow_tasks, care.follow_care)
    stores = {
        "without": records.Store(database, journal, cipher, watchers, care.Relations(database)),
        "with": sekali.store,
    }
    grant = security.decide(rsud, security.Purpose.INTEGRATION)
    async with sekali.store.change(grant) as change:
        person = (await change.create({"resourceType": "Patient", "name": [{"text": "Uji"}]})).id

    def observation() -> dict:
        return {"resourceType": "Observation", "status": "final", "code": {"text": "x"},
                "subject": {"reference": f"Patient/{person}"}}  # fmt: skip

    def task(owner: UUID) -> dict:
        return {"resourceType": "Task", "status": "requested", "intent": "order", "for": {"reference": f"Patient/{person}"},
                "requester": {"reference": f"Organization/{rsud.facility}"},
                "owner": {"reference": f"Organization/{owner}"}}  # fmt: skip

    await in_turns("create of an Observation, nobody subscribed", stores, grant, observation)
    with receiver() as endpoint:
        for topic in ("referral-received", "referral-changed", "encounter-changed", "result-ready", "patient-changed"):
            await sekali.subscriptions.book.add(pratama, subscription(topic, endpoint.url), "http://sekali")
        await in_turns("create of an Observation, of no subscriber's concern", stores, grant, observation)
        await in_turns("create of a Task, of no subscriber's concern", stores, grant, lambda: task(rsud.facility))
        await in_turns("create of a Task, of one subscriber's concern", stores, grant, lambda: task(pratama.facility))
        async with sekali.subscriptions.working():
            await asyncio.to_thread(endpoint.wait, lambda: len(endpoint.numbers) == ROUNDS * EACH, 60)
            taken = []
            for _ in range(TOLD):
                before = len(endpoint.numbers)
                async with sekali.store.change(grant) as change:
                    await change.create(task(pratama.facility))
                began = time.perf_counter()
                await asyncio.to_thread(endpoint.wait, lambda: len(endpoint.numbers) > before, 60)  # noqa: B023
                taken.append((time.perf_counter() - began) * 1000)
            print(f"from the end of a write to the subscriber's endpoint: median {statistics.median(taken):.1f} ms,"
                  f" 99th percentile {sorted(taken)[int(TOLD * 0.99)]:.1f} ms")  # fmt: skip
            began, before = time.perf_counter(), len(endpoint.numbers)
            for _ in range(5):
                async with sekali.store.change(grant) as change:
                    for _ in range(200):
                        await change.create(task(pratama.facility))
            await asyncio.to_thread(endpoint.wait, lambda: len(endpoint.numbers) >= before + 1000, 60)
            print(
                f"1,000 events of one subscriber, 20 in a message: {1000 / (time.perf_counter() - began):.0f} a second"
            )


async def actor(database: kernel.Database, client: str) -> security.Actor:
    vault = security.Vault(kernel.Settings(data=DATA))
    keeper = security.Doorkeeper(database, audit.Journal(database), vault, security.Cipher(vault, database))
    found = await keeper.system(await database.fetchval("select actor from security.client where id = $1", client))
    assert found is not None
    return found


if __name__ == "__main__":
    asyncio.run(main())
