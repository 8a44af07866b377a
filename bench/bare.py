"""The exchange without its guards, for measuring only: one fixed Grant, no token, no audit. Never part of the program."""

import asyncio
import os
from collections.abc import Sequence

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sekali import audit, exchange, identity, kernel, records, security
from sekali.exchange.interactions import capabilities, read, search
from sekali.exchange.routes import Endpoint


class Silent(audit.Journal):
    """Writes nothing down."""

    async def record_all(self, events: Sequence[audit.Event]) -> None:
        return None


async def main() -> None:
    found = kernel.read_settings(os.environ)
    database = await kernel.Database.connect(found.database_url)
    journal = Silent(database)
    doors = exchange.Doors(
        records.Store(database, journal), identity.Directory(database), security.Doorkeeper(database, journal)
    )
    grant = security.decide(security.SYSTEM, security.Purpose.LOAD)

    def bare(interaction):
        async def run(request: Request, doors: exchange.Doors) -> Response:
            return await interaction(request, doors, grant)

        return Endpoint(run, doors, "none")

    application = Starlette(
        routes=[
            Route(f"{exchange.BASE}/metadata", Endpoint(capabilities.capabilities, doors, "none")),
            Route(f"{exchange.BASE}/{{type}}/{{id}}", bare(read.read)),
            Route(f"{exchange.BASE}/{{type}}", bare(search.search)),
        ]
    )
    config = uvicorn.Config(application, port=found.port, loop="uvloop", http="httptools", lifespan="off", access_log=False,
                            log_config=None, server_header=False)  # fmt: skip
    await uvicorn.Server(config).serve()


if __name__ == "__main__":
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())
