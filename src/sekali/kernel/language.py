"""Interface text: English msgids, an Indonesian catalogue that is complete (a test proves it)."""

from functools import cache
from pathlib import Path
from typing import Any

from babel.messages.pofile import read_po

LANGUAGES = ("id", "en")
"""Indonesian first, English second."""

LOCALE = Path(__file__).parent / "locale"


@cache
def _catalogue(language: str) -> dict[str, str]:
    """msgid -> text. Read from the ``.po`` itself, so that there is no compiled file that can be stale."""
    path = LOCALE / f"{language}.po"
    if not path.exists():
        return {}
    with path.open("rb") as file:
        return {message.id: message.string for message in read_po(file) if message.id and message.string}


def translate(language: str, message: str, **params: Any) -> str:
    """``message`` in ``language``, with its ``%(name)s`` places filled. An unknown message comes back as it is."""
    text = _catalogue(language).get(message, message)
    return text % params if params else text
