"""The request log never makes a request wait, never grows, and fails in silence."""

import asyncio

import pytest

from sekali import exchange, kernel
from sekali.exchange.requestlog import WHO, Watch
from sekali.exchange.requestlog.entry import names, without_values
from sekali.exchange.requestlog.log import KEPT


def scope(client: str = "a-simrs") -> dict:
    return {WHO: (client, None), "method": "GET", "path_params": {"type": "Patient"}, "query_string": b"name=x"}


async def nowhere(message) -> None:
    return None


async def written(database: kernel.Database) -> int:
    return await database.fetchval("select count(*)::int from exchange.request")


async def test_what_came_is_written_about_a_second_later(database) -> None:
    log = exchange.RequestLog(database)
    log.note(scope(), "/{type}", Watch(nowhere))
    assert await log.of_client("a-simrs") == []
    await asyncio.sleep(1.3)
    (one,) = await log.of_client("a-simrs")
    assert (one.path, one.parameters, one.client) == ("/Patient", ("name",), "a-simrs")


async def test_a_flood_is_kept_short_in_memory_and_on_disk(database) -> None:
    log = exchange.RequestLog(database)
    for _ in range(3):
        for _ in range(KEPT * 10):
            log.note(scope(), "/{type}", Watch(nowhere))
        log.note(scope("b-simrs"), "/{type}", Watch(nowhere))
        await asyncio.sleep(1.3)
    assert await written(database) == KEPT + 3
    assert len(await log.of_client("b-simrs")) == 3, "one client does not push out another's"


async def test_nobody_is_noted_nor_what_stands_in_a_bundle(database) -> None:
    log = exchange.RequestLog(database)
    log.note({"method": "GET"}, "/{type}", Watch(nowhere))
    log.note(scope() | {"sekali.inside": True}, "/{type}", Watch(nowhere))
    await asyncio.sleep(1.3)
    assert await written(database) == 0


async def test_without_a_database_nothing_is_said_and_noting_goes_on() -> None:
    """As on a full disk: the writing is refused, the requests have long been answered."""
    trouble: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: trouble.append(context))
    log = exchange.RequestLog(kernel.Database("postgresql:///nowhere?host=/nowhere", 1))
    for _ in range(2):
        log.note(scope(), "/{type}", Watch(nowhere))
        await asyncio.sleep(1.3)
    asyncio.get_running_loop().set_exception_handler(None)
    assert not trouble


@pytest.mark.parametrize(
    ("query", "told"),
    [
        (b"name=Siti&birthdate=1968&name=x", ("name", "birthdate")),
        (b"_has:Observation:patient:code=1", ("_has:Observation:patient:code",)),
        (b"9901014107900001=1&Siti+Rahayu", ("…",)),
        (b"", ()),
    ],
)
def test_names_of_parameters_only(query, told) -> None:
    assert names(query) == told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Patient/c79f0a39-01a2-80d1-a602-da3f8b19ef8a: leads nowhere", "Patient/…: leads nowhere"),
        ("Patient.9901014107900001: unknown element", "Patient.…: unknown element"),
        ("Patient.name.where(family = 'Rahayu') is empty", "Patient.name.where(family = …) is empty"),
        ('"17-05-1991" is not a date', "… is not a date"),
        ('If-Match has the form W/"3".', 'If-Match has the form W/"3".'),
        ("This would show everybody's, or a person's.", "This would show everybody's, or a person's."),
    ],
)
def test_what_looks_like_a_value_is_taken_out(text, told) -> None:
    assert without_values(text) == told
