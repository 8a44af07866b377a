"""PostgreSQL's own programs for taking a database out and in."""

import os
from urllib.parse import unquote, urlsplit

from sekali import kernel


def command(program: str, dsn: str, *options: str) -> tuple[list[str], dict[str, str]]:
    """How a program is started, and with which environment: a password is not for everyone who lists processes."""
    password = urlsplit(dsn).password
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "SEKALI_"))}
    if password is not None:
        environment["PGPASSWORD"] = unquote(password)
        dsn = dsn.replace(f":{password}@", "@", 1)
    words = [str(kernel.client_programs() / program), "--no-password", "--dbname", dsn, *options]
    return words, environment


def last_word(stderr: bytes) -> str:
    """Why it failed, in one line."""
    lines = [line for line in stderr.decode("utf-8", "replace").splitlines() if line.strip()]
    return (lines or ["it said nothing"])[-1][:300]
