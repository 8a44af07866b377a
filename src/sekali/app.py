"""The only place that knows every module: it joins them, and nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from starlette.routing import Router

from sekali import audit, care, demo, exchange, identity, kernel, program, records, security, web


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


async def build(settings: kernel.Settings, database: kernel.Database) -> Sekali:
    """Join all parts over one migrated database."""
    journal = audit.Journal(database)
    doorkeeper = security.Doorkeeper(database, journal)
    await doorkeeper.open()
    directory = identity.Directory(database)
    store = records.Store(
        database,
        journal,
        watchers=(directory.claim, care.follow_tasks, care.follow_care),
        relations=care.Relations(database),
    )
    desks = care.care(database, store, directory, doorkeeper, care.Facilities(database, store))
    movement = program.program(database, _live_measures(database))
    asgi = Router(
        routes=[
            *exchange.routes(exchange.Doors(store, directory, doorkeeper)),
            *web.routes(
                web.Doors(database, desks, movement, doorkeeper, settings, demo.logins() if settings.demo else ())
            ),
        ]
    )
    return Sekali(database, store, directory, doorkeeper, desks, movement, asgi)


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
