"""Callers who hear Spanish: by key or because their client does, with the desk open, closed and on a holiday."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.call_records import CallRecords
from app.cdr.records import Disposition
from app.simulator import accept, ignore
from app.simulator.events import Purpose
from oncall import Priority
from tests.app import edits
from tests.desk import (
    MAIN,
    SATURDAY_NIGHT,
    THANKSGIVING,
    TUESDAY_MORNING,
    Desk,
    PlayedCall,
    assert_cared_for,
    make_desk,
)
from tests.scenarios.breakdowns import BreakingStore, never, unavailable_between

JAMISON, LASHA = "Jamison White", "Lasha Dalakishvili"
SERVICE = "answering-service"
SPANISH_CLIENT = "+18165550163"
LASHA_SPEAKS_SPANISH = (edits.STAFF, 'phones: ["+18165550102"]', 'phones: ["+18165550102"]\n    languages: [en, es]')


@pytest.fixture
def bilingual_desk(sqlite_url: str, tmp_path: Path) -> Iterator[Desk]:
    """A desk at which one of two speaks Spanish."""
    made = make_desk(sqlite_url, tmp_path, config=edits.write(tmp_path / "config", LASHA_SPEAKS_SPANISH))
    yield made
    made.services.store.close()


def languages_heard(played: PlayedCall) -> list[str]:
    """In which languages things were to be said to the caller, without repeats in a row."""
    steering = [event for event in played.trace.requests(Purpose.DOCUMENT) if event.params["CallSid"] == played.sid]
    spoken = [each for event in steering for each in re.findall(r'<Say[^>]* language="([^"]+)"', event.body.decode())]
    return [each for place, each in enumerate(spoken) if place == 0 or spoken[place - 1] != each]


def test_spanish_is_offered_in_spanish_before_the_english_options(desk_on_each: Desk) -> None:
    played = desk_on_each.dials(MAIN, keys="2")

    assert_cared_for(played)
    heard = played.trace.heard_texts()
    assert heard[1] == "Para español, oprima 8."
    assert languages_heard(played)[:3] == ["en-US", "es-US", "en-US"]
    assert played.told("language_chosen") == []


def test_who_chooses_spanish_hears_all_of_it_in_spanish(desk_on_each: Desk) -> None:
    played = desk_on_each.dials(MAIN, keys="8,1")

    assert_cared_for(played)
    assert played.trace.heard("En caso de emergencia médica")
    assert played.trace.heard("Si un sistema no funciona")
    assert played.trace.heard("Atendemos su llamada como una emergencia")
    assert played.trace.heard_texts().count("Para español, oprima 8.") == 1
    assert languages_heard(played) == ["en-US", "es-US", "en-US", "es-US"]
    assert played.call.priority is Priority.EMERGENCY
    assert played.call.tags == ("language-es",), "whoever calls back has to speak it"
    assert played.call.answered_by == JAMISON


def test_staff_hear_english_and_that_the_caller_speaks_spanish(desk: Desk) -> None:
    played = desk.dials(MAIN, keys="8,2")

    assert played.trace.heard("Support call, high priority, on the main line, in Spanish.", "+18165550101")
    assert played.trace.heard("Connecting you now", "+18165550101")


def test_closed_the_opening_time_is_said_in_spanish(desk: Desk) -> None:
    played = desk.dials(MAIN, at=SATURDAY_NIGHT, keys="8,0")

    assert_cared_for(played)
    assert played.trace.heard("La mesa abre de nuevo el lunes a las 8 de la mañana")
    assert played.rang() == [SERVICE]


def test_a_holiday_has_its_spanish_name(desk: Desk) -> None:
    played = desk.dials(MAIN, at=THANKSGIVING, keys="8,1")

    assert_cared_for(played)
    assert played.trace.heard("cerrada en este momento por el Día de Acción de Gracias")
    assert played.trace.heard("mañana, viernes, a las 8 de la mañana")
    assert not played.trace.heard("por Thanksgiving")


def test_the_message_is_asked_for_in_spanish_and_its_number_told(desk: Desk) -> None:
    desk.everybody(ignore())
    played = desk.dials(MAIN, at=SATURDAY_NIGHT, keys="8,0")

    assert_cared_for(played)
    assert played.trace.heard("Por favor no deje información de pacientes")
    assert played.call.disposition is Disposition.VOICEMAIL


def test_a_wrong_key_is_said_to_be_wrong_in_spanish(desk: Desk) -> None:
    played = desk.dials(MAIN, keys="8,7,1")

    assert_cared_for(played)
    assert played.trace.heard("Esa tecla no es una de las opciones")
    assert played.call.priority is Priority.EMERGENCY


def test_a_client_that_speaks_spanish_hears_it_from_the_first_word(desk: Desk) -> None:
    played = desk.dials(MAIN, caller=SPANISH_CLIENT, keys="2")

    assert_cared_for(played)
    assert languages_heard(played) == ["es-US"]
    assert not played.trace.heard("oprima 8")
    assert played.call.tags == ("example-imaging-center", "language-es")


def test_an_open_ticket_is_spoken_of_in_spanish(desk: Desk) -> None:
    before = desk.dials(MAIN, at=TUESDAY_MORNING, caller=SPANISH_CLIENT, keys="0")
    played = desk.dials(MAIN, at="2026-12-01T15:00-06:00", caller=SPANISH_CLIENT, keys="1,2")

    assert_cared_for(played)
    number = " ".join(str(before.ticket.number))
    assert played.trace.heard(f"El caso {number}, prioridad media, está en manos de la mesa de servicio")
    assert played.trace.heard("Se actualizó hoy a las 10 de la mañana")


def test_who_speaks_the_callers_language_is_rung_first_and_nobody_is_left_out(bilingual_desk: Desk) -> None:
    bilingual_desk.everybody(ignore()).phone(SERVICE, accept(keys=()))
    english = bilingual_desk.dials(MAIN, at=TUESDAY_MORNING, keys="0")
    spanish = bilingual_desk.dials(MAIN, at=TUESDAY_MORNING, caller="+18165550192", keys="8,0")

    assert_cared_for(spanish)
    assert english.rang()[:2] == [JAMISON, LASHA]
    assert spanish.rang()[:2] == [LASHA, JAMISON]
    assert set(spanish.rang()) == set(english.rang())
    assert spanish.legs[0].because.endswith("member of ring group offsite, speaks es")
    assert "speaks" not in english.legs[0].because


def test_the_language_stays_when_the_database_goes(sqlite_url: str, tmp_path: Path) -> None:
    store = BreakingStore.open(sqlite_url)
    desk = make_desk(sqlite_url, tmp_path, store=store)
    desk.everybody(ignore())
    store.breaks(unavailable_between(1, 1000))
    played = desk.dials(MAIN, at=SATURDAY_NIGHT, keys="8,0")
    store.breaks(never)
    CallRecords(desk.services).replay()

    assert_cared_for(played)
    assert languages_heard(played) == ["en-US", "es-US", "en-US", "es-US"]
    assert played.call.tags == ("language-es",)
    store.close()
