"""The audit at a terminal, as an operator and an outsider use it: words, and exit codes."""

import asyncio
import os
import sys
from pathlib import Path

import pytest_asyncio

from sekali import audit, kernel


class Terminal:
    """``sekali audit …`` with the settings of one installation."""

    def __init__(self, database: kernel.Database, folder: Path) -> None:
        self.folder = folder
        self._environment = {name: value for name, value in os.environ.items() if not name.startswith("SEKALI_")}
        self._environment |= {
            "SEKALI_DATABASE_URL": database.dsn,
            "SEKALI_DATA": str(folder / "data"),
            "COLUMNS": "300",
        }

    async def say(self, *words: str, **settings: str) -> tuple[int, str]:
        """Exit code and what was printed."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "sekali", "audit", *words, env=self._environment | settings,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        told, _ = await process.communicate()
        assert b"Traceback" not in told, told.decode()
        return process.returncode, told.decode()


@pytest_asyncio.fixture(loop_scope="session")
async def terminal(database, tmp_path) -> Terminal:
    (tmp_path / "data").mkdir()
    await write(database)
    return Terminal(database, tmp_path)


async def write(database: kernel.Database) -> None:
    event = audit.Event(
        audit.Kind.LOOKED, kernel.new_id(0), "dr. Uji", "doctor", kernel.new_id(0), kernel.new_person(), "treatment", "x",
        "Patient",
    )  # fmt: skip
    for _ in range(4):
        async with database.transaction() as tx:
            await audit.append(tx, [event, event._replace(facility=None)])


async def test_from_the_first_anchor_to_an_outsider_who_finds_a_chain_written_anew(
    database, terminal: Terminal
) -> None:
    code, words = await terminal.say("verify")
    assert code == 0 and "No anchors" in words and "8 events checked" in words
    assert (await terminal.say("anchor"))[0] == 0
    code, key = await terminal.say("key")
    assert code == 0 and audit.public_key(key.strip())
    (terminal.folder / "public").write_text(key)
    code, words = await terminal.say("verify")
    assert code == 0 and "8 events checked with 1 anchors, 0 breaks" in words

    file = terminal.folder / "audit.ndjson"
    code, words = await terminal.say("export", "--to", str(file))
    assert code == 0 and "8 events" in words
    assert (await terminal.say("export", "--to", str(file)))[0] == 1, "nothing is written over"
    elsewhere = {
        "SEKALI_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
        "SEKALI_DATA": str(terminal.folder / "none"),
    }
    outside = ("verify", "--from", str(file), "--anchors", str(terminal.folder / "data/anchors"), "--key",
               str(terminal.folder / "public"))  # fmt: skip
    code, words = await terminal.say(*outside, **elsewhere)
    assert code == 0 and "8 events checked with 1 anchors, 0 breaks" in words

    # the owner takes a whole chain away, and what the database remembers of anchors
    for table in ("event", "head", "anchored"):
        await database.execute(f"delete from audit.{table} where stream like 'system/%'")  # noqa: S608
    await database.execute("delete from audit.anchor")
    code, words = await terminal.say("verify")
    assert code == 1 and "system/" in words and "whole chain of 4 events or more is missing" in words
    file.unlink()
    await terminal.say("export", "--to", str(file))
    code, words = await terminal.say(*outside, **elsewhere)
    assert code == 1 and "whole chain" in words


async def test_what_is_wrong_is_named_with_chain_number_and_time(database, terminal: Terminal) -> None:
    await terminal.say("anchor")
    await database.execute("update audit.event set actor_name = 'orang lain' where seq = 3 and stream like 'system/%'")
    row = await database.fetchrow("select stream, at from audit.event where actor_name = 'orang lain'")
    code, words = await terminal.say("verify")
    assert code == 1 and f"{row['stream']}, number 3 of {row['at'].isoformat()}: it was changed" in words


async def test_anchors_that_are_gone_or_of_another_key_are_said(terminal: Terminal) -> None:
    await terminal.say("anchor")
    await terminal.say("anchor")
    (file,) = (terminal.folder / "data/anchors").glob("anchor-00000002-*")
    file.unlink()
    code, words = await terminal.say("verify")
    assert code == 1 and "2 anchors were made, the last here is 1" in words
    other = audit.public_text(audit.private_key(terminal.folder / "other.pem"))
    code, words = await terminal.say("verify", "--key", other)
    assert code == 1 and "not of this key" in words
    code, words = await terminal.say("verify", "--key", "nonsense")
    assert code == 1 and "no public key" in words
