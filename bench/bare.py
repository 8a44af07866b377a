"""Sekali without some of its guards, for measuring only: ``bare.py policy audit`` looks at no token, gives whoever asks one
fixed Grant to which all is open, and audits nothing. All else is as it is served on two cores: gate, routes, request log, two
processes. Never part of the program.
"""

import asyncio
import importlib
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace

import uvloop

from sekali import app, audit, exchange, kernel, security, serving


async def main() -> None:
    found = kernel.read_settings(os.environ)
    system = replace(security.SYSTEM, name="bare", facility=kernel.new_id(0))  # the request log is one system's
    grant = replace(security.decide(security.SYSTEM, security.Purpose.LOAD), actor=system)

    async def silent(self: audit.Journal, events: Sequence[audit.Event]) -> None:
        """Writes nothing down."""

    async def same(authorization: bytes, doors: exchange.Doors) -> security.Grant:
        return grant

    if "audit" in sys.argv:
        audit.Journal.record_all = silent
    if "policy" in sys.argv:
        importlib.import_module("sekali.exchange.routes").grant_of = same
    joined = await app.build(found, await kernel.Database.connect(found.database_url))
    with serving.shared("127.0.0.1", found.port) as listener:
        await serving.work(joined.asgi, listener, ())


if __name__ == "__main__":
    if "second" not in sys.argv:
        subprocess.Popen([sys.executable, *sys.argv, "second"], stdin=subprocess.PIPE)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())
