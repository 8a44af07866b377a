"""A document as a PDF, through Typst: tagged for those who hear it, and the same bytes for the same document.

What people wrote goes in as data, never as markup: nothing that they write can change how a page is built.
"""

import io
import json
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import segno

from sekali import kernel

from ..dimensions import DIMENSIONS
from .blocks import EXAMPLE, Document, Signer, cleaned, plain
from .words import locale_of, words

LONGEST = 60
"""Seconds that a document may take; 300 programmes of ten years take three."""

ACCESSIBLE = ("ua-1",)
"""PDF/UA-1: Typst refuses what breaks those of its rules that a program can check."""
_FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Certificate:
    """One page that somebody hangs on a wall. ``url`` is where its ``code`` can be checked, and what its QR holds."""

    number: str
    holder: str
    title: str
    body: str
    date: str
    place: str
    signers: tuple[Signer, ...]
    url: str
    code: str
    language: str = "id"
    fictitious: bool = False


def pdf(document: Document) -> bytes:
    """The document on A4, upright."""
    say = words(document.language)
    spoken = {
        "missing": say("not filled in yet"),
        "contents": say("Contents"),
        "page": say("Page %(page)s of %(pages)s"),
        "programme": say("Programme"),
        "terms": [say(term) for term in ("Short term", "Medium term", "Long term")],
        "dimensions": {key: name for key, (name, _) in DIMENSIONS.items()},
    }
    return _compiled("document.typ", {**plain(document), "words": spoken}, *ACCESSIBLE)


def certificate(data: Certificate) -> bytes:
    """The certificate on one A4, lying."""
    say = words(data.language)
    spoken = {word: say(word) for word in ("Certificate", "Given to", "Number", "Check this certificate", "Code")}
    return _compiled("certificate.typ", {**cleaned(asdict(data)), "words": spoken, "qr": _qr(data.url)})


def _qr(url: str) -> str:
    out = io.BytesIO()
    segno.make(url, error="m", micro=False).save(out, kind="svg", scale=4, border=2, dark="#23305e", light="#ffffff")
    return out.getvalue().decode()


def _compiled(template: str, data: dict[str, Any], *standards: str) -> bytes:
    """Typst keeps what it made for the next time, hundreds of megabytes after a large book, so it works in a process
    of its own, which also ends when a book takes too long. Raises TooCostly."""
    data = {**data, "language": locale_of(data["language"]), "example": EXAMPLE}
    command = [sys.executable, "-P", str(_FOLDER / "typeset.py"), template, *standards]
    try:
        made = subprocess.run(command, input=json.dumps(data).encode(), capture_output=True, timeout=LONGEST)
    except subprocess.TimeoutExpired:
        raise kernel.TooCostly("This took too long and was stopped. Ask for less at once.") from None
    if made.returncode:
        raise RuntimeError(f"{template}: {made.stderr.decode(errors='replace')[-500:]}")
    return made.stdout
