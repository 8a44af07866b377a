"""``sekali user``, ``client``, ``operator`` and ``sender``: who may come."""

from pathlib import Path

import click

from sekali import app, commands, kernel, security
from sekali.cli.root import console, given, main, run, settings_here
from sekali.opening import standing_database

PROGRAMS_OWN = (security.Role.SYSTEM, security.Role.EMERGENCY_OPERATOR)
"""Roles that nobody is given."""


@main.group()
def user() -> None:
    """Accounts."""


@user.command()
@click.argument("username")
@click.option("--name", required=True, help="Full name, as others will see it.")
@click.option("--role", required=True, type=click.Choice([r.value for r in security.Role if r not in PROGRAMS_OWN]))
@click.option("--facility", help="Name of the facility, for those who work at one.")
@click.password_option()
def add(username: str, name: str, role: str, facility: str | None, password: str) -> None:
    """Add an account; asks for the password."""
    run(given(commands.add_user, username, name, security.Role(role), facility, password))


@user.command()
@click.argument("username")
@click.password_option()
def password(username: str, password: str) -> None:
    """Another password for somebody who forgot theirs; logs them out everywhere."""
    run(given(commands.reset_password, username, password))


@user.command(name="drop-second-factor")
@click.argument("username")
def drop_second_factor(username: str) -> None:
    """Take the second step and the passkeys of a lost phone away; logs them out everywhere."""
    run(given(commands.drop_second_factor, username))


@user.command(name="link")
@click.argument("username")
@click.argument("subject", required=False)
def link_user(username: str, subject: str | None) -> None:
    """Let whom the OpenID provider calls SUBJECT come in as this account; without SUBJECT, nobody any more."""
    run(given(commands.link_user, username, subject))


@user.command()
@click.option("--reason", required=True, help="Why nobody else can come in; every facility head and auditor reads it.")
def emergency(reason: str) -> None:
    """An account for an hour, when nobody else can come in: prints a code that works once."""
    run(given(commands.make_emergency, reason))


@user.command(name="end-emergency")
def end_emergency() -> None:
    """End the emergency account before its time."""
    run(given(commands.end_emergency))


@main.command()
@click.argument("client_id")
def operator(client_id: str) -> None:
    """A client id and secret for the operator's own bulk jobs over HTTP."""
    run(given(commands.add_operator, client_id))


@main.group()
def client() -> None:
    """Facilities' own systems that come over FHIR (see docs/api)."""


@client.command(name="add")
@click.argument("client_id")
@click.option("--at", "place", required=True, help="Name of the facility whose system it is.")
@click.option(
    "--keys", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Its JWK Set; no secret then."
)
def add_client(client_id: str, place: str, keys: Path | None) -> None:
    """A client of one facility: with public keys, or with a secret that is printed once."""
    run(given(commands.add_client, client_id, place, keys.read_bytes() if keys else None))


@client.command(name="keys")
@click.argument("client_id")
@click.argument("keys", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--end-secret", is_flag=True, help="From now on its secret opens nothing.")
def client_keys(client_id: str, keys: Path, end_secret: bool) -> None:
    """Let a client sign by the keys of this JWK Set, which replace those that it had."""
    run(given(commands.register_keys, client_id, keys.read_bytes(), end_secret))


@main.group()
def sender() -> None:
    """Systems that send HL7 v2 (see docs/hl7v2.md)."""


@sender.command()
@click.argument("application")
@click.argument("facility")
@click.option("--at", "place", required=True, help="Name of the facility that it sends for.")
@click.option("--network", "networks", required=True, multiple=True, help="Address or CIDR that it comes from.")
def allow(application: str, facility: str, place: str, networks: tuple[str, ...]) -> None:
    """Let the system with this MSH-3 and MSH-4 send."""
    run(_allow_sender(application, facility, place, networks))


@sender.command()
@click.argument("application")
@click.argument("facility")
def forbid(application: str, facility: str) -> None:
    """Let it send no longer."""
    run(_forbid_sender(application, facility))


async def _allow_sender(application: str, facility: str, place: str, networks: tuple[str, ...]) -> None:
    async with standing_database() as database:
        sekali = await app.build(settings_here(), database)
        owner = await commands.place(sekali, place)
        await sekali.hl7v2.senders.allow(application, facility, owner.id, owner.name, owner.zone, networks)
    console.print(f"{application} {facility} may send for {place} from {', '.join(networks)}.")


async def _forbid_sender(application: str, facility: str) -> None:
    async with standing_database() as database:
        sekali = await app.build(settings_here(), database)
        if not await sekali.hl7v2.senders.forbid(application, facility):
            raise kernel.Trouble("There is no such sender.")
    console.print(f"{application} {facility} may send no longer.")
