"""The only place that knows every module: it joins them, and nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from starlette.routing import Router

from sekali import audit, care, demo, exchange, hl7v2, identity, kernel, program, records, security, web


@dataclass(frozen=True, slots=True)
class Sekali:
    """The joined program."""

    database: kernel.Database
    store: records.Store
    directory: identity.Directory
    doorkeeper: security.Doorkeeper
    care: care.Care
    program: program.Program
    asgi: Router
    hl7v2: hl7v2.Listener
    bulk: exchange.Bulk


async def build(settings: kernel.Settings, database: kernel.Database) -> Sekali:
    """Join all parts over one migrated database."""
    journal = audit.Journal(database)
    doorkeeper = security.Doorkeeper(database, journal)
    await doorkeeper.open()
    directory = identity.Directory(database)
    relations = care.Relations(database)
    store = records.Store(
        database,
        journal,
        watchers=(directory.claim, care.follow_tasks, care.follow_care),
        relations=relations,
        strict=settings.strict,
        codes=exchange.codes,
    )
    desks = care.care(database, store, directory, doorkeeper, care.Facilities(database, store))
    bulk = exchange.Bulk(
        database, store, journal, relations.people, settings.data / "bulk", timedelta(hours=settings.bulk_hours),
        settings.bulk_mb << 20, settings.strict,
    )  # fmt: skip
    log = exchange.RequestLog(database)
    movement = program.program(database, _live_measures(database))
    asgi = Router(
        routes=[
            *exchange.routes(exchange.Doors(store, directory, doorkeeper, bulk, log)),
            *web.routes(
                web.Doors(
                    database,
                    desks,
                    movement,
                    doorkeeper,
                    settings,
                    log.of_organization,
                    demo.logins() if settings.demo else (),
                    _sandbox() if settings.demo else None,
                )  # fmt: skip
            ),
        ]
    )
    senders = hl7v2.Senders(database, journal)
    listener = hl7v2.Listener(hl7v2.Inbox(store, directory, senders), senders)
    return Sekali(database, store, directory, doorkeeper, desks, movement, asgi, listener, bulk)


def _sandbox() -> web.Sandbox:
    """What the examples of the documentation are tried with."""
    client, secret, _ = demo.CLIENTS[0]
    return web.Sandbox(client, secret, demo.CLIENTS[1][2])


def _live_measures(database: kernel.Database) -> program.Measures:
    """What the movement may know of counters: means over a whole city, no person and no single counter."""

    async def measures(code: str, since: date) -> Sequence[program.Measured]:
        return [
            program.Measured(
                f"{one.what}-{one.kind}", MEASURES[one.what, one.kind], one.what, True, one.before, one.before_count,
                one.after, one.after_count,
            )
            for one in await care.measures.of_city(database, code, since)
        ]  # fmt: skip

    return measures


MEASURES = {
    ("questions", "puskesmas"): "Questions asked of a person at puskesmas counters",
    ("minutes", "puskesmas"): "Minutes to be received at puskesmas counters",
    ("questions", "hospital"): "Questions asked of a person at hospital counters",
    ("minutes", "hospital"): "Minutes to be received at hospital counters",
}
"""(what, kind of counter) -> the measure's name."""
