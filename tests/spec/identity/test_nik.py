"""The NIK: what it tells, and what it never decides."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekali import identity, kernel

TODAY = date(2026, 11, 23)
days = st.dates(date(1927, 1, 1), TODAY)


@given(days, st.sampled_from(["male", "female"]), st.integers(1, 9999))
def test_birth_date_and_sex_are_read(born: date, sex: str, serial: int) -> None:
    day = born.day + (40 if sex == "female" else 0)
    nik = identity.parse_nik(f"990101{day:02}{born:%m%y}{serial:04}", TODAY)
    assert (nik.sex, nik.serial, nik.fictitious) == (sex, serial, True)
    assert nik.born == born or nik.born == born.replace(year=born.year + 100), (
        "of two centuries the later that is no future"
    )
    assert identity.nik_warnings(nik, born, sex) == []


@given(st.text(max_size=30))
def test_anything_else_is_refused_with_a_word(text: str) -> None:
    try:
        identity.parse_nik(text, TODAY)
    except kernel.Invalid as failure:
        assert failure.path == "nik" and failure.params == {}, "the word never repeats what was typed"


@pytest.mark.parametrize(
    "wrong", ["990101410790000", "99010141079000011", "9901013213900001", "9901014107900000", "99010171O7900001"]
)
def test_length_digits_date_and_serial(wrong: str) -> None:
    with pytest.raises(kernel.Invalid):
        identity.parse_nik(wrong, TODAY)


def test_blanks_and_dashes_are_how_people_write_it() -> None:
    assert identity.parse_nik("9901 0141-0790.0001", TODAY).value == "9901014107900001"


def test_a_mismatch_warns_and_never_refuses() -> None:
    """Even the official sandbox patients do not fit their NIK (9271060312000001, born 1980-12-03)."""
    nik = identity.parse_nik("9271060312000001", TODAY)
    assert len(identity.nik_warnings(nik, date(1980, 12, 3), "female")) == 2


@given(st.text(max_size=120))
def test_no_scan_breaks_the_reader(text: str) -> None:
    try:
        scan = identity.read_scan(text)
    except kernel.Invalid:
        return
    assert scan.value and scan.value.isprintable()


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("9901014107900001", "nik"), ("0001234567890", "jkn"), ("sekali:contoh2siti", "card"),
        ("SEKALI-R:990100031126P000001", "referral"), ("RM-00123", "record-number"),
    ],
)  # fmt: skip
def test_one_field_for_every_number(text: str, kind: str) -> None:
    assert identity.read_scan(text).kind == kind


@given(st.dates(date(1900, 1, 1), date(2026, 1, 1)) | st.just(TODAY + timedelta(days=1)))
def test_no_birth_date_is_in_the_future(born: date) -> None:
    try:
        assert identity.parse_nik(f"990101{born:%d%m%y}0001", TODAY).born <= TODAY
    except kernel.Invalid:
        pytest.fail("every past day of a two-digit year is one of some century")
