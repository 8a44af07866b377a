"""The log: one bounded file, no bodies, no addresses with their questions, no identifiers."""

import logging
import traceback
from logging.handlers import RotatingFileHandler
from pathlib import Path

LARGEST = 5 << 20
KEPT = 3


def log_to(folder: Path) -> None:
    """Write warnings and errors of the whole program to ``sekali.log``, at most 20 MB; to stderr where that cannot be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handler: logging.Handler = RotatingFileHandler(
            folder / "sekali.log", maxBytes=LARGEST, backupCount=KEPT, encoding="utf-8"
        )
        (folder / "sekali.log").chmod(0o600)
    except OSError:
        handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)


def places(error: BaseException) -> str:
    """Where an error happened, without its message: a message may hold what somebody typed."""
    lines = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)]
    return f"{type(error).__name__} at\n  " + "\n  ".join(lines)
