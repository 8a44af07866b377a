"""Files of lines: each line once, with its number, from whatever place the reading goes on."""

import gzip
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sekali import kernel
from sekali.exchange.bulk.lines import BATCH, File, Lines
from sekali.exchange.bulk.sealed import Seals

OPEN = Seals(None, UUID(int=0))
LONG = 8 << 20
LINE = st.one_of(st.just(b""), st.just(b"  \r"), st.binary(max_size=40).map(lambda line: line.replace(b"\n", b"")))


def pieces(path: Path, line: int = 0, offset: int = 0) -> list[Lines]:
    """All that a reading gives, to the end."""
    file, found = File(path, line, offset, OPEN), []
    while (lines := file.lines()).contents:
        found.append(lines)
    file.close()
    return found


def told(some: list[Lines]) -> list[tuple[int, bytes | None]]:
    return [(line.number, line.content) for lines in some for line in lines.each()]


def write(folder: Path, content: bytes, packed: bool) -> Path:
    path = folder / "some.ndjson"
    path.write_bytes(gzip.compress(content, 1) if packed else content)
    return path


@settings(deadline=None)
@given(st.lists(LINE, max_size=60), st.integers(1, 60), st.booleans(), st.booleans())
def test_every_line_has_its_number_wherever_one_goes_on(tmp_path_factory, lines, times, ended, packed) -> None:
    lines = lines * times
    content = b"\n".join(lines) + (b"\n" if ended and lines else b"")
    path = write(tmp_path_factory.mktemp("lines"), content, packed)
    whole = pieces(path)
    assert told(whole) == [(number, line.strip()) for number, line in enumerate(lines, 1) if line.strip()]
    assert all(len(one.contents) <= BATCH for one in whole)
    for n, one in enumerate(whole):
        assert told(pieces(path, one.last, one.end)) == told(whole[n + 1 :])


@pytest.mark.parametrize("packed", [False, True])
def test_a_line_that_is_too_long_is_passed_over_and_the_next_is_read(tmp_path, packed) -> None:
    lines = [b"a", b"b" * LONG, b"c" * (LONG - 1), b"d" * (3 * LONG), b"e", b"f" * (LONG + 2)]
    path = write(tmp_path, b"\n".join(lines), packed)
    whole = pieces(path)
    assert [(number, content and content[:1]) for number, content in told(whole)] == [
        (1, b"a"), (2, None), (3, b"c"), (4, None), (5, b"e"), (6, None),
    ]  # fmt: skip
    assert told(whole)[2][1] == lines[2]
    for n, one in enumerate(whole):
        assert told(pieces(path, one.last, one.end)) == told(whole[n + 1 :])


@pytest.mark.parametrize("blanks", [LONG, LONG + (1 << 20), 3 * LONG])
def test_what_stands_behind_many_blanks_is_not_lost_without_a_word(tmp_path, blanks: int) -> None:
    path = write(tmp_path, b"{}" + b" " * blanks + b"x\n{}\n", packed=False)
    assert told(pieces(path)) == [(1, None), (2, b"{}")]


def test_a_broken_archive_is_said_to_be_broken(tmp_path) -> None:
    path = write(tmp_path, b"{}\n" * 100_000, packed=True)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(kernel.Invalid):
        pieces(path)
