"""The exchange without its guards, for measuring only: one fixed Grant, no token, no audit; two processes, as
``sekali serve`` has on two cores. Never part of the program."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Sequence

import uvicorn
import uvloop
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, Router
from starlette.types import Scope

from sekali import audit, exchange, identity, kernel, records, security, serving
from sekali.exchange.interactions import capabilities, read, search
from sekali.exchange.routes import Endpoint, refusal


class Silent(audit.Journal):
    """Writes nothing down."""

    async def record_all(self, events: Sequence[audit.Event]) -> None:
        return None


async def main() -> None:
    found = kernel.read_settings(os.environ)
    database = await kernel.Database.connect(found.database_url)
    journal, vault = Silent(database), security.Vault(found)
    cipher = security.Cipher(vault, database)
    await cipher.join()
    doors = exchange.Doors(
        records.Store(database, journal, cipher), identity.Directory(database, cipher),
        security.Doorkeeper(database, journal, vault, cipher),
        None, exchange.RequestLog(database), None, None,  # nothing here is bulk, nobody is told, no audit is read
        kernel.Rates(None), kernel.Rates(None), found.addresses,
    )  # fmt: skip
    grant = security.decide(security.SYSTEM, security.Purpose.LOAD)

    def bare(interaction):
        async def run(request: Request, doors: exchange.Doors) -> Response:
            return await interaction(request, doors, grant)

        return Endpoint("", run, doors, "none", counted=False)

    def everybody(scope: Scope, doors: exchange.Doors) -> None:
        """Nobody is counted."""

    async def same(authorization: bytes, doors: exchange.Doors) -> security.Grant:
        return grant

    application = Router(
        routes=[
            read.ReadRoute(exchange.BASE, read.Read(doors, everybody, same, refusal)),
            Route(f"{exchange.BASE}/metadata", Endpoint("", capabilities.capabilities, doors, "none")),
            Route(f"{exchange.BASE}/{{type}}", bare(search.search)),
        ]
    )
    with serving.shared("127.0.0.1", found.port) as listener:
        config = uvicorn.Config(application, loop="uvloop", http="httptools", lifespan="off", access_log=False,
                                log_config=None, server_header=False)  # fmt: skip
        await uvicorn.Server(config).serve(sockets=[listener])


if __name__ == "__main__":
    if len(sys.argv) < 2:
        subprocess.Popen([sys.executable, __file__, "second"])

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())
