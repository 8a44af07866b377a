"""The movement over the history of 2017 to 2019."""

import pytest_asyncio
from movement_office import Movement, Seated, actor

from sekali import app, program, security


@pytest_asyncio.fixture(loop_scope="session")
async def movement(sekali: app.Sekali) -> Movement:
    """An office over the history that everyone knows."""
    assert await program.history.load(sekali.database, sekali.program.regions)
    regions = {region.slug: region for region in (await sekali.program.regions.all()).values()}
    return Movement(sekali.program, sekali.database, regions, actor(security.Role.SECRETARIAT, name="Sekretariat"))


@pytest_asyncio.fixture(loop_scope="session")
async def panel(movement: Movement) -> Seated:
    """Two assessors, three cities, a timetable."""
    return await movement.seated()
