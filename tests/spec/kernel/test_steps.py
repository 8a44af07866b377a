"""Work in steps: side by side the same comes of it as one after the other."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekali import kernel


def piece(number: int, steps: int, done: list[tuple[int, int]]) -> kernel.Steps[str]:
    for step in range(steps):
        done.append((number, step))
        yield
    return f"{number} after {steps}"


@given(st.lists(st.integers(0, 5), max_size=100))
def test_each_becomes_what_it_becomes_alone_and_in_order(steps: list[int]) -> None:
    alone = [kernel.through(piece(n, some, [])) for n, some in enumerate(steps)]
    done: list[tuple[int, int]] = []
    assert list(kernel.side_by_side(piece(n, some, done) for n, some in enumerate(steps))) == alone
    assert sorted(done) == [(n, step) for n, some in enumerate(steps) for step in range(some)]


def test_a_step_is_taken_by_all_before_the_next() -> None:
    done: list[tuple[int, int]] = []
    list(kernel.side_by_side(piece(n, 2, done) for n in range(3)))
    assert [step for _, step in done] == [0, 0, 0, 1, 1, 1]


def test_what_goes_wrong_comes_out() -> None:
    def broken() -> kernel.Steps[str]:
        yield
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        list(kernel.side_by_side([broken()]))
    with pytest.raises(ValueError, match="broken"):
        kernel.through(broken())
