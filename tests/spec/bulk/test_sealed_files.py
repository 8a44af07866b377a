"""Files of bulk jobs that systems asked for are sealed: written in pieces, cut where a worker was killed, read from anywhere."""

from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sekali import kernel
from sekali.exchange.bulk import sealed
from sekali.exchange.bulk.folder import private

JOB = UUID(int=7)
PIECES = st.lists(st.binary(min_size=1, max_size=40), max_size=12)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    before=PIECES, lost=PIECES, after=PIECES, frame=st.integers(1, 60), place=st.floats(0, 1), step=st.integers(1, 50)
)
async def test_what_is_read_is_what_was_written(sekali, tmp_path, before, lost, after, frame, place, step) -> None:
    seals, path = sealed.Seals(sekali.cipher, JOB), tmp_path / "Patient.000.ndjson"
    whole, sealed.FRAME = sealed.FRAME, frame
    try:
        with private(path, "wb") as raw:
            file = seals.writing(raw, path.name, 0)
            for piece in before:
                file.write(piece)
            file.flush()
            for piece in lost:  # by a worker that is killed before it notes this
                file.write(piece)
            if len(lost) % 2:
                file.flush()
        noted = len(b"".join(before))
        with path.open("ab") as raw:
            raw.write(b"\0\0\0\x09half")
        seals.cut(path, noted)
        assert seals.size(path) == noted
        with private(path, "ab") as raw:
            file = seals.writing(raw, path.name, noted)
            for piece in after:
                file.write(piece)
            file.flush()
    finally:
        sealed.FRAME = whole
    text = b"".join([*before, *after])
    assert not (len(text) > 12 and text in path.read_bytes())
    start = int(place * len(text))
    with seals.reading(path) as file:
        assert file.read(step) == text[:step]
        file.seek(start)
        found = b""
        while piece := file.read(step):
            found += piece
    assert found == text[start:] and seals.size(path) == len(text)


async def test_a_file_of_another_job_or_another_name_is_refused(sekali, tmp_path: Path) -> None:
    seals, path = sealed.Seals(sekali.cipher, JOB), tmp_path / "a.ndjson"
    with private(path, "wb") as raw:
        file = seals.writing(raw, path.name, 0)
        file.write(b"{}\n")
        file.flush()
    with pytest.raises(kernel.Broken), sealed.Seals(sekali.cipher, UUID(int=8)).reading(path) as file:
        file.read()
    other = path.rename(tmp_path / "b.ndjson")
    with pytest.raises(kernel.Broken), seals.reading(other) as file:
        file.read()
