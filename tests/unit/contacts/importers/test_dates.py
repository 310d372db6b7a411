"""Every form of a date met in the wild, and that nothing unreadable ever becomes a date."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.contacts.importers.dates import DateOrder, order_evidence, read_date

READABLE = [
    ("1996-04-15", "1996-04-15"),
    ("19960415", "1996-04-15"),
    ("1953-10-15T23:10:00Z", "1953-10-15"),
    ("19531015T083000-06:00", "1953-10-15"),
    ("1996-04-15T201243+04:00", "1996-04-15"),
    ("1985-01-28T00:00:00Z", "1985-01-28"),
    ("2019-02-10T00:00:33", "2019-02-10"),
    ("20090808T1430-0500", "2009-08-08"),
    ("--0415", "--04-15"),
    ("--04-15", "--04-15"),
    (" --04-15", "--04-15"),
    ("--0229", "--02-29"),
    ("1604-04-15", "--04-15"),
    ("16040415", "--04-15"),
    ("0000-04-15", "--04-15"),
    ("1900-04-15", "1900-04-15"),
    ("1970-01-01", "1970-01-01"),
    ("1985-04", "1985-04"),
    ("1985", "1985"),
    ("2000-02-29", "2000-02-29"),
    ("12/28/1969", "1969-12-28"),
    ("28.12.1969", "1969-12-28"),
    ("28.12.1969 00:00:00", "1969-12-28"),
    ("12/28/1969 12:00:00 AM", "1969-12-28"),
    ("05/05/1985", "1985-05-05"),
    ("1985/4/12", "1985-04-12"),
    ("02 Oct 2023", "2023-10-02"),
    ("Dec 28, 1969", "1969-12-28"),
    ("Monday, December 28, 1969", "1969-12-28"),
    ("Jan 2024", "2024-01"),
    ("Apr 12", "--04-12"),
    ("5. März 1985", "1985-03-05"),
    ("12 de marzo de 1990", "1990-03-12"),
    ("1er janvier 1980", "1980-01-01"),
    ("1 января 1990", "1990-01-01"),
]


@pytest.mark.parametrize(("written", "meant"), READABLE)
def test_reads_every_form_met_in_the_wild(written: str, meant: str) -> None:
    """A form that programs really write gives the written calendar date, its zone never applied."""
    reading = read_date(written)
    assert (str(reading.on), reading.problem) == (meant, None)


EMPTY = ["", " ", "0/0/00", "00/00/0000", "0000-00-00", "00000000", "1/1/4501", "-", "0000-00-00T00:00:00"]


@pytest.mark.parametrize("written", EMPTY)
def test_an_empty_date_is_nothing(written: str) -> None:
    """What programs write for "no date" gives neither a date nor a complaint."""
    reading = read_date(written)
    assert (reading.on, reading.problem) == (None, None)


@pytest.mark.parametrize(
    "written",
    [
        "circa 1800",
        "someday",
        "19723101",
        "19020229",
        "1985-02-29",
        "--0230",
        "---15",
        "--04",
        "T102200",
        "13/13/1985",
        "31/31/1985",
        "0/4/1985",
        "1985-13-01",
        "15.4.985",
        "Jan-24",
        "1/2/3/4",
        "about 15 April 1996",
        "April April 1996",
        "4000-01-01",
        "1399-01-01",
    ],
)
def test_what_is_no_date_is_a_problem(written: str) -> None:
    """Nothing unreadable or impossible becomes a date, and its text is kept."""
    reading = read_date(written)
    assert reading.on is None
    assert reading.problem
    assert reading.text == written


def test_ambiguous_until_told() -> None:
    """`03/04/1985` is not guessed; the owner's word decides it, also where it makes a date impossible."""
    assert read_date("03/04/1985").is_ambiguous
    assert str(read_date("03/04/1985", order="dmy").on) == "1985-04-03"
    assert str(read_date("03/04/1985", order="mdy").on) == "1985-03-04"
    assert read_date("28/12/1985", order="mdy").problem
    assert read_date("03/04/1985", order="ymd").is_ambiguous


def test_two_digit_years_are_not_guessed() -> None:
    """Without a known century the day and month are kept and the loss is named; LinkedIn's century is known."""
    reading = read_date("12/28/69")
    assert str(reading.on) == "--12-28"
    assert reading.loss
    assert str(read_date("15-Jan-24", century=2000).on) == "2024-01-15"
    assert read_date("15-Jan-24", century=2000).loss is None


@given(st.dates(min_value=date(1800, 1, 1), max_value=date(2261, 12, 31)))
def test_every_real_date_survives_every_unambiguous_form(day: date) -> None:
    """Any calendar date written in ISO, basic, or named form is read as itself."""
    for written in (day.isoformat(), f"{day:%Y%m%d}", f"{day.isoformat()}T23:59:59Z", f"{day.day} {day:%b} {day.year}"):
        assert read_date(written).on is not None
        assert str(read_date(written).on) == day.isoformat()


@given(st.dates(min_value=date(1800, 1, 1), max_value=date(2261, 12, 31)), st.sampled_from(["dmy", "mdy"]))
def test_numeric_dates_are_read_right_or_not_at_all(day: date, order: DateOrder) -> None:
    """A numeric date of unknown order is either read as it was meant or left ambiguous, never as another day."""
    written = f"{day:%d/%m/%Y}" if order == "dmy" else f"{day:%m/%d/%Y}"
    reading = read_date(written)
    assert reading.is_ambiguous or str(reading.on) == day.isoformat()
    assert str(read_date(written, order=order).on) == day.isoformat()
    assert order_evidence(written) in (order, None)


@given(st.text(max_size=40))
def test_no_text_breaks_the_reader(text: str) -> None:
    """Any text gives a date, nothing, or a problem: never an error, never two of them."""
    reading = read_date(text)
    assert not (reading.on and reading.problem)
