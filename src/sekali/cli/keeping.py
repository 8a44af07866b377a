"""``sekali audit``, ``export``, ``import``, ``backup``, ``verify`` and ``restore``."""

from pathlib import Path

import click

from sekali import auditing, commands
from sekali.cli.root import console, given, main, run, settings_here, with_database

A_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@main.group(name="audit")
def audit_group() -> None:
    """The audit's hash chains."""


@audit_group.command()
@click.option("--from", "file", type=click.Path(path_type=Path), help="An export, instead of the database.")
@click.option(
    "--anchors", "folder", type=click.Path(path_type=Path), help="Folder of the anchors [SEKALI_AUDIT_ANCHORS]."
)
@click.option("--key", "public", help="The public key of the anchors, or a file that holds it [this server's own].")
def verify(file: Path | None, folder: Path | None, public: str | None) -> None:
    """Walk every chain, hold it against the anchors; say where one does not hold."""
    if file:
        run(auditing.verify_export(settings_here(), console, file, folder, public))
    else:
        run(with_database(auditing.verify, folder, public))


@audit_group.command()
@click.option("--anew", is_flag=True, help="Begin with number 1 in an empty folder, after a backup was put back.")
def anchor(anew: bool) -> None:
    """Sign where the chains end now, into the folder of the anchors."""
    run(with_database(auditing.anchor, anew))


@audit_group.command()
def key() -> None:
    """Print the public key that anchors are checked with."""
    run(auditing.public_key(settings_here(), console))


@audit_group.command(name="export")
@click.option("--to", "file", required=True, type=click.Path(path_type=Path), help="A new file.")
def export_audit(file: Path) -> None:
    """The whole audit as NDJSON, to be verified elsewhere."""
    run(with_database(auditing.export, file))


@main.command(name="export")
@click.option("--to", "folder", required=True, type=click.Path(path_type=Path), help="An empty folder, or a new one.")
@click.option("--type", "types", help="Kinds of resource, comma separated [all].")
@click.option("--since", help="Only what was changed at this time or later.")
def export_(folder: Path, types: str | None, since: str | None) -> None:
    """Everything as NDJSON; one that was broken off goes on where it stopped."""
    asked = {"_type": types, "_since": since}
    run(given(commands.export, folder.absolute(), [(name, value) for name, value in asked.items() if value]))


@main.command(name="import")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
def import_(files: tuple[Path, ...]) -> None:
    """Take in NDJSON files, plain or gzip; one that was broken off goes on where it stopped."""
    run(given(commands.import_, files))


@main.command()
@click.option("--to", "target", required=True, type=click.Path(path_type=Path), help="A new file.")
@click.option("--key", required=True, type=A_FILE, help="What it is made for: the .pub of a key.")
def backup(target: Path, key: Path) -> None:
    """One encrypted file of everything, as of one moment; while Sekali runs or not."""
    run(commands.back_up(console, settings_here(), target.absolute(), key))


@main.command(name="backup-key")
@click.option("--to", "target", required=True, type=click.Path(path_type=Path), help="A new file; another with .pub.")
@click.option("--passphrase", is_flag=True, help="Ask for one, which opens the key.")
def backup_key(target: Path, passphrase: bool) -> None:
    """A new key for backups: FILE.pub makes them, FILE opens them."""
    word = click.prompt("Passphrase", hide_input=True, confirmation_prompt=True) if passphrase else ""
    run(commands.make_key(console, target.absolute(), word))


@main.command(name="verify")
@click.option("--from", "source", required=True, type=A_FILE, help="A backup.")
@click.option("--key", required=True, type=A_FILE, help="The secret key; its passphrase is asked for.")
def verify_(source: Path, key: Path) -> None:
    """Read every byte of a backup, and change nothing."""
    run(commands.verify(console, source.absolute(), key))


@main.command()
@click.option("--from", "source", required=True, type=A_FILE, help="A backup.")
@click.option("--key", required=True, type=A_FILE, help="The secret key; its passphrase is asked for.")
def restore(source: Path, key: Path) -> None:
    """A backup into a new SEKALI_DATA, or an empty SEKALI_DATABASE_URL."""
    run(commands.restore(console, settings_here(), source.absolute(), key))
