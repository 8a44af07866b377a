"""MLLP's frames: whatever bytes come, in whatever pieces."""

from hypothesis import given
from hypothesis import strategies as st

from sekali.hl7v2.frames import END, START, Fault, Frames, framed
from sekali.hl7v2.message import Message
from sekali.hl7v2.refusals import Refused

plain = st.binary(max_size=60).filter(lambda one: START not in one and END not in one and not one.endswith(b"\x1c"))
noise = st.binary(max_size=40).filter(lambda one: START not in one)


@given(st.lists(st.tuples(noise, plain), max_size=5), st.integers(1, 9))
def test_every_whole_frame_comes_out_whole_whatever_stands_between(parts, size) -> None:
    line = b"".join(before + framed(one) for before, one in parts)
    frames = Frames(100)
    found = [one for start in range(0, len(line), size) for one in frames.feed(line[start : start + size])]
    assert found == [one for _, one in parts]


@given(plain, plain)
def test_a_message_that_broke_off_is_dropped_and_the_next_is_whole(broken, whole) -> None:
    assert Frames(100).feed(START + broken + framed(whole)) == [whole]


@given(st.integers(101, 400), plain, st.integers(1, 50))
def test_one_that_is_too_large_is_said_once_and_the_next_is_read(length, whole, size) -> None:
    line = framed(b"x" * length) + framed(whole)
    frames = Frames(100)
    found = [one for start in range(0, len(line), size) for one in frames.feed(line[start : start + size])]
    assert found == [Fault.TOO_LARGE, whole]
    assert len(frames._buffer) == 0


@given(st.lists(st.binary(max_size=300), max_size=8))
def test_no_bytes_raise_and_no_more_is_kept_than_the_limit(pieces) -> None:
    frames = Frames(50)
    for piece in pieces:
        frames.feed(piece)
        assert len(frames._buffer) <= 50 + len(END)


@given(
    st.one_of(
        st.binary(max_size=400),
        st.text('MSHPID|^~\\&\r\n"0AéX.', max_size=200).map(lambda t: ("MSH|^~\\&|" + t).encode()),
    )
)
def test_a_message_of_any_bytes_is_read_or_refused(content) -> None:
    try:
        message = Message(content)
    except Refused:
        return
    for segment in message.segments:
        for number in range(1, 30):
            segment.repetitions(number)
