"""Files that are whole or not there, also when the power goes."""

import os
from contextlib import suppress
from pathlib import Path


def keep_once(path: Path, content: bytes) -> None:
    """A file that only its owner may read, whole from its first moment. One that is there already, also because another
    process was faster, is left alone. Its folder is there. Raises OSError.
    """
    part = path.with_name(f"{path.name}.{os.getpid()}")
    with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    try:
        with suppress(FileExistsError):
            os.link(part, path)
    finally:
        part.unlink()


def sync_folder(path: Path) -> None:
    """The names in a folder are on disk, not only what the files hold. Raises OSError."""
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
