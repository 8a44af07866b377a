"""``_content`` and ``_text``: words in what a resource says (https://hl7.org/fhir/R4/search.html#content).

Contents are sealed, so no index knows their words: candidates that something else has narrowed down are opened and looked at.
As in most search engines: all words must be there, "words in quotes" side by side, ``or`` between words joins what stands
beside it, ``-word`` must not be there.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

_TAG = re.compile(r"<[^>]*>")
_WORD = re.compile(r"[^\W_]+")
_PART = re.compile(r'(-?)(?:"([^"]*)"|(\S+))')


class _Part(NamedTuple):
    """Words that stand side by side, or (``absent``) must not."""

    words: tuple[str, ...]
    absent: bool


def has(resource: dict[str, Any], kind: str, asked: str) -> bool:
    """Whether a resource has the words that are asked for; ``kind``: of all (``_content``) or the narrative (``_text``)."""
    texts = list(_texts(resource) if kind == "_content" else _narrative(resource))
    alternatives = _understood(asked)
    return bool(alternatives) and any(
        all(_stands(part.words, texts) != part.absent for part in parts) for parts in alternatives
    )


def _texts(value: Any) -> Iterator[tuple[str, ...]]:
    """The words of each text in it."""
    if isinstance(value, str):
        yield _words(value)
    elif isinstance(value, dict):
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)


def _narrative(resource: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    yield _words(_TAG.sub(" ", resource.get("text", {}).get("div", "")))


def _words(text: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(text.casefold()))


def _stands(wanted: tuple[str, ...], texts: list[tuple[str, ...]]) -> bool:
    """Whether the words stand side by side in one of the texts."""
    count = len(wanted)
    return any(
        any(words[at : at + count] == wanted for at in range(len(words) - count + 1))
        for words in texts
        if wanted[0] in words
    )


@lru_cache(256)
def _understood(asked: str) -> tuple[tuple[_Part, ...], ...]:
    """Of what one must be there; each is what must all be there. ``or`` binds its neighbours less than words beside each
    other do.
    """
    found: list[list[_Part]] = [[]]
    for minus, quoted, bare in _PART.findall(asked):
        if bare.casefold() == "or" and not minus:
            found.append([])
            continue
        words = _words(quoted or bare)
        if words:
            found[-1].append(_Part(words, bool(minus)))
    return tuple(tuple(parts) for parts in found if parts)
