"""The only place that knows every module: it joins them, and nothing else."""

from dataclasses import dataclass

from starlette.routing import Router

from sekali import audit, care, demo, exchange, identity, kernel, records, security, web


@dataclass(frozen=True, slots=True)
class Sekali:
    """The joined program."""

    database: kernel.Database
    store: records.Store
    directory: identity.Directory
    doorkeeper: security.Doorkeeper
    care: care.Care
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
    asgi = Router(
        routes=[
            *exchange.routes(exchange.Doors(store, directory, doorkeeper)),
            *web.routes(web.Doors(database, desks, doorkeeper, settings, demo.logins() if settings.demo else ())),
        ]
    )
    return Sekali(database, store, directory, doorkeeper, desks, asgi)
