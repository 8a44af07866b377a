"""The listener lets nobody use it up, and ends cleanly."""

import asyncio
import contextlib

import pytest
from hl7_words import Answer, admission, allow
from running import free_port

from sekali import fhir, hl7v2, kernel

NIK = "9901015707900001"


@pytest.fixture
async def listening(city):
    """A listener with narrow limits; how to connect to it."""
    await allow(city)
    limits = hl7v2.Limits(connections=2, message=2000, noise=4000, idle=1.0, unfinished=0.4, closing=10)
    listener, port = hl7v2.Listener(city.hl7v2.inbox, city.hl7v2.senders, limits), free_port()
    async with listener.on("127.0.0.1", port):
        yield lambda: asyncio.open_connection("127.0.0.1", port)


async def answered(reader) -> Answer:
    return Answer((await asyncio.wait_for(reader.readuntil(b"\x1c\r"), 20))[1:-2])


async def closed(reader) -> bool:
    with contextlib.suppress(ConnectionError):
        return await asyncio.wait_for(reader.read(1), 5) == b""
    return True


async def test_an_idle_line_is_closed(listening) -> None:
    reader, writer = await listening()
    assert await closed(reader)


async def test_a_message_that_drips_is_given_up(listening) -> None:
    reader, writer = await listening()
    begun = asyncio.get_running_loop().time()
    writer.write(b"\x0b")
    with contextlib.suppress(ConnectionError):
        while asyncio.get_running_loop().time() < begun + 3 and not reader.at_eof():
            writer.write(b"M")
            await writer.drain()
            await asyncio.sleep(0.1)
    assert asyncio.get_running_loop().time() < begun + 0.9, "each byte is no reason to wait on"


async def test_more_connections_than_allowed_are_closed_at_once(listening) -> None:
    kept = [await listening() for _ in range(2)]
    await asyncio.sleep(0.1)
    third, _ = await listening()
    assert await closed(third)
    kept[0][1].write(b"\x0b" + admission().encode() + b"\x1c\r")
    assert (await answered(kept[0][0])).code == "AA"


async def test_noise_is_given_up(listening) -> None:
    reader, writer = await listening()
    writer.write(b"x" * 5000)
    assert await closed(reader)


async def test_two_messages_in_one_piece_are_answered_in_order(listening) -> None:
    reader, writer = await listening()
    one, two = admission(), admission(control="2", visit="V-2")
    writer.write(b"\x0b" + one.encode() + b"\x1c\r\n\x0b" + two.encode() + b"\x1c\r")
    answers = [await answered(reader), await answered(reader)]
    assert [(answer.code, answer.control) for answer in answers] == [("AA", "1"), ("AA", "2")]


async def test_an_unknown_address_is_answered_once_and_closed(city) -> None:
    await allow(city, network="10.1.0.0/16")
    port = free_port()
    async with city.hl7v2.on("127.0.0.1", port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"\x0b" + admission().encode() + b"\x1c\r")
        assert (await answered(reader)).code == "AR"
        assert await closed(reader)


async def test_the_end_answers_what_is_being_kept_and_closes_what_is_idle(city) -> None:
    owner = await allow(city)
    port = free_port()
    open_end = contextlib.AsyncExitStack()
    await open_end.enter_async_context(city.hl7v2.on("127.0.0.1", port))
    idle, _ = await asyncio.open_connection("127.0.0.1", port)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    async with city.database.transaction() as tx:  # hold the message up where messages of one facility wait
        await tx.execute("select pg_advisory_xact_lock(hashtextextended('hl7v2 ' || $1, 0))", str(owner.id))
        writer.write(b"\x0b" + admission().encode() + b"\x1c\r")
        await asyncio.sleep(0.5)
        ending = asyncio.create_task(open_end.aclose())
        assert await closed(idle)
        assert not ending.done()
    assert (await answered(reader)).code == "AA"
    await ending
    assert await city.directory.find(fhir.NIK, NIK)


async def test_without_a_port_nothing_listens(city) -> None:
    async with city.hl7v2.on("127.0.0.1", kernel.Settings().hl7_port):
        pass


async def test_a_port_that_is_taken_is_said(city) -> None:
    port = free_port()
    async with city.hl7v2.on("127.0.0.1", port):
        with pytest.raises(kernel.Trouble, match="SEKALI_HL7_PORT"):
            async with city.hl7v2.on("127.0.0.1", port):
                pass


async def test_a_database_that_is_away_is_answered_try_again(city) -> None:
    await allow(city)
    port = free_port()
    async with city.hl7v2.on("127.0.0.1", port):
        await city.database.close()
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"\x0b" + admission().encode() + b"\x1c\r")
        answer = await answered(reader)
    assert (answer.code, answer.control, answer.errors) == ("AR", "1", [("MSH^1", "207", "E")])
