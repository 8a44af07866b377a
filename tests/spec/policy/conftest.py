"""People with planted secrets in a city, and a system that asks."""

from collections.abc import AsyncIterator

import httpx
import pytest
from policy_world import World


@pytest.fixture
async def world(city) -> World:
    return await World(city).open()


@pytest.fixture
async def asker(world) -> AsyncIterator[httpx.AsyncClient]:
    """The system of a hospital that cares for nobody yet."""
    async with await world.client("asker") as client:
        yield client
