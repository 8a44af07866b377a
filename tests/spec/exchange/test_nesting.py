"""How deep a body may be: told before a parser is tried."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekali import kernel
from sekali.kernel.json import DEEPEST, require_shallow

TEXT = st.text(st.sampled_from('[]{}"\\,:ab\n'), max_size=8)
VALUES = st.recursive(
    TEXT, lambda inside: st.lists(inside, max_size=3) | st.dictionaries(TEXT, inside, max_size=3), max_leaves=12
)


def depth(value: Any) -> int:
    """Levels of a decoded value, counted the plain way."""
    if not isinstance(value, (dict, list)):
        return 0
    return 1 + max(map(depth, value.values() if isinstance(value, dict) else value), default=0)


@given(VALUES, st.integers(0, DEEPEST + 2))
def test_exactly_so_many_levels_whatever_stands_in_strings(value: Any, more: int) -> None:
    for _ in range(more):
        value = [value]
    body = json.dumps(value).encode()
    if depth(value) <= DEEPEST:
        require_shallow(body)
    else:
        with pytest.raises(kernel.Invalid):
            require_shallow(body)


@pytest.mark.parametrize(
    "body", [b"[" * 100_000, b'{"a":' * 1000, b"[" * 70 + b'"', b'"\\"' + b"[" * 70 + b'"' + b"[" * 70]
)
def test_what_never_closes_is_deep_too(body: bytes) -> None:
    with pytest.raises(kernel.Invalid):
        require_shallow(body)


@pytest.mark.parametrize("body", [b"", b'"', b"]]]", b'{"a":1'])
def test_what_is_merely_broken_is_left_to_the_parser(body: bytes) -> None:
    require_shallow(body)
