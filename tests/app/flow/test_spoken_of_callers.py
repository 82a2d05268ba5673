"""What is said of tickets, holidays and languages, in the caller's language."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import holidays
import pytest

from app.cdr.records import TicketStatus
from app.flow import spoken
from oncall import Priority

CHICAGO = ZoneInfo("America/Chicago")
AT = datetime(2026, 12, 1, 21, 0, tzinfo=UTC)  # a Tuesday, three in the afternoon


@pytest.mark.parametrize(
    ("ago", "english", "spanish"),
    [
        (timedelta(seconds=90), "just now", "hace un momento"),
        (timedelta(minutes=2), "2 minutes ago", "hace 2 minutos"),
        (timedelta(minutes=59), "59 minutes ago", "hace 59 minutos"),
        (timedelta(minutes=60), "today at 2 PM", "hoy a las 2 de la tarde"),
        (timedelta(hours=16), "yesterday at 11 PM", "ayer a las 11 de la noche"),
        (timedelta(days=2), "on Sunday, November 29", "el domingo 29 de noviembre"),
        (-timedelta(seconds=5), "just now", "hace un momento"),
    ],
)
def test_when_something_was_is_said_as_people_do(ago: timedelta, english: str, spanish: str) -> None:
    assert spoken.past(AT - ago, at=AT, zone=CHICAGO, language="en") == english
    assert spoken.past(AT - ago, at=AT, zone=CHICAGO, language="es") == spanish


def test_a_quarter_to_midnight_is_yesterday_after_midnight() -> None:
    at = datetime(2026, 12, 2, 7, 0, tzinfo=UTC)  # one in the morning
    said = spoken.past(at - timedelta(minutes=75), at=at, zone=CHICAGO, language="en")
    assert said == "yesterday at 11:45 PM"


def test_every_federal_holiday_has_a_spanish_name() -> None:
    kept = holidays.country_holidays("US", years=range(2020, 2051))
    names = {name.replace(" (observed)", "") for day in kept for name in kept.get_list(day)}
    assert {name for name in names if spoken.holiday(name, "es") == name} == set()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Thanksgiving Day", "el Día de Acción de Gracias"),
        ("Juneteenth National Independence Day and Staff day", "Juneteenth National Independence Day and Staff day"),
        ("Christmas Eve and Christmas Day", "la Nochebuena y la Navidad"),
        ("Staff and family day", "Staff and family day"),
        ("", ""),
    ],
)
def test_a_holiday_of_the_desks_own_keeps_its_name(name: str, said: str) -> None:
    assert spoken.holiday(name, "es") == said
    assert spoken.holiday(name, "en") == name


@pytest.mark.parametrize("language", ["en", "es"])
def test_every_status_of_an_open_ticket_and_every_priority_has_words(language: str) -> None:
    over = {TicketStatus.RESOLVED, TicketStatus.CLOSED}
    for word in (*(status for status in TicketStatus if status not in over), *Priority):
        assert spoken.word(word, language) != word or word == Priority.EMERGENCY


@pytest.mark.parametrize(("caller", "told"), [("en", ""), ("es", ", in Spanish"), ("vi", ", in vi")])
def test_staff_are_told_of_a_language_that_is_not_their_own(caller: str, told: str) -> None:
    assert spoken.in_language(caller, language="en") == told
