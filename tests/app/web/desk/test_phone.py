"""The phone page: calls made and answered there, the moments they come at, and the cases that are kept of them."""

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from app import create_app
from app.accounts import Role
from app.config.cases import read_cases
from app.config.snapshot import load
from app.rehearsal import rehearse
from app.simulator.events import Gathered, RecordingMade
from app.simulator.handsets import accept, ignore, voicemail
from app.web.desk import phone_speech
from app.web.desk.phone_case import Heading, checked, drafted, suggested_name
from app.web.desk.phone_moments import Over, Preset, chosen, picked, presets
from app.web.desk.phone_people import handsets
from app.web.desk.phone_route import route
from tests.app.web.desk.telephones import AtThePhones, Telephones, telephones
from tests.app.web.desk.visits import browser, make_account, signed_in
from tests.desk import ALTERNATE, CALLER, MAIN, SATURDAY_NIGHT, Desk

LASHA = "Lasha Dalakishvili"
CHICAGO = ZoneInfo("America/Chicago")
NOW = datetime(2026, 11, 23, 20, tzinfo=UTC)


@pytest.fixture
def here(sqlite_url: str, tmp_path: Path) -> Iterator[Telephones]:
    with telephones(sqlite_url, tmp_path) as found:
        yield found


def at_the_phones(here: Telephones, role: Role = Role.SUPERVISOR) -> AtThePhones:
    visit = signed_in(here.services, f"a {role}", role)
    assert visit.opens("/desk/phone").status_code == 200
    return AtThePhones(visit)


def test_with_a_twilio_account_there_are_no_phones(desk: Desk) -> None:
    make_account(desk.services, LASHA, Role.ADMIN)
    real = replace(desk.services, settings=replace(desk.services.settings, simulated=False))
    visit = signed_in(real, LASHA, Role.ADMIN)
    assert visit.opens("/desk/phone").status_code == 404
    assert visit.opens("/desk/phone/picture").status_code == 404
    assert "/desk/phone" not in visit.opens("/desk/tickets").get_data(as_text=True)
    assert "/desk/phone" in signed_in(desk.services, LASHA).opens("/desk/tickets").get_data(as_text=True)


def test_without_an_exchange_the_page_says_so_and_home_is_elsewhere(desk: Desk) -> None:
    visit = signed_in(desk.services)
    page = visit.opens("/desk/phone")
    assert page.status_code == 503
    assert "No telephone exchange answers" in page.get_data(as_text=True)
    assert visit.opens("/desk").headers["Location"] != "/desk/phone"
    assert visit.opens("/desk/phone/picture").status_code == 503
    # A host that is there and is no exchange.
    away = replace(desk.services, settings=replace(desk.services.settings, twilio_api_base_url="http://127.0.0.1:9"))
    assert signed_in(away).opens("/desk/phone").status_code == 503


def test_whoever_is_not_signed_in_reaches_no_phone(here: Telephones) -> None:
    stranger = browser(here.services)
    for path in ("/desk/phone", "/desk/phone/picture", "/desk/phone/sound/CA0/1"):
        assert stranger.opens(path).status_code == 401
    assert create_app(here.services).test_client().post("/desk/phone/do/dial").status_code == 401
    assert here.live.company.picture()["call"] is None


@pytest.mark.slow
def test_a_call_is_made_answered_and_followed_to_its_ticket_and_kept_as_a_case(here: Telephones) -> None:
    someone = at_the_phones(here)
    visit = someone.visit
    assert visit.opens("/desk").headers["Location"] == "/desk/phone"
    page = visit.opens("/desk/phone").get_data(as_text=True)
    assert all(f'data-dial="{number}"' in page for number in (MAIN, ALTERNATE))
    night = next(each for each in presets_in(here) if each.title == "3 at night")
    assert visit.sends("/desk/phone/moment", preset=night.value).status_code == 303
    assert "desk closed" in visit.opens("/desk/phone").get_data(as_text=True)

    sid = someone.does("dial", **{"to": MAIN, "from": "+18165550199"})
    someone.becomes(lambda: someone.call()["state"] == "answered")
    someone.does("press", leg=sid, keys="1")
    leg = someone.ringing()
    someone.does("pick-up", leg=leg, how="accept")
    someone.becomes(lambda: someone.call()["state"] == "talking")
    # The number follows by text, and the phone may answer by text.
    [text] = someone.becomes(lambda: someone.picture()["texts"])
    assert "816" in text["body"]
    someone.does("hang-up", leg=sid)
    record = someone.becomes(
        lambda: (found := here.services.store.calls.get(sid)) and found.call.ended_at is not None and found
    )

    way = visit.opens(f"/desk/phone/route/{sid}").get_data(as_text=True)
    assert "schedules/on_call.yaml:" in way
    assert "Takes the call" in way
    assert f'href="/desk/tickets/{record.ticket.number}"' in way
    assert record.call.answered_by in way
    assert f"{record.call.started_at.astimezone(CHICAGO):%Y-%m-%dT%H:%M}" == night.value

    path = f"/desk/phone/case/{sid}"
    assert f'href="{path}"' in way
    assert "does just this" in visit.opens(path).get_data(as_text=True)
    assert visit.sends(path, name="Played at the phones").headers["Location"] == "/desk/phone"
    kept = read_cases(here.config)
    assert "Played at the phones" in [case.wanted.name for case in kept.cases]
    assert rehearse(kept, load(here.config)).problems == ()
    visit.opens(path)
    again = visit.sends(path, name="Played at the phones")
    assert again.status_code == 422
    assert "There is a case of this name" in again.get_data(as_text=True)
    audited = here.services.store.audit
    assert "case_kept" in audited.actions()


def presets_in(here: Telephones) -> list[Preset]:
    hours = next(iter(here.services.config.current().roster.hours.values()))
    return presets(hours, at=here.services.clock.now(), zone=CHICAGO)


def test_what_cannot_be_done_is_said_at_the_phone(here: Telephones) -> None:
    someone = at_the_phones(here, Role.STAFF)
    client, token = someone.visit.client, {"X-Form-Token": someone.visit.token()}
    answer = client.post("/desk/phone/do/hang-up", data={"leg": "CA" + "0" * 32}, headers=token)
    assert (answer.status_code, answer.get_json()) == (409, {"fault": "This call is over."})
    assert client.post("/desk/phone/do/dance", headers=token).status_code == 404
    assert client.post("/desk/phone/do/moment", data={"at": ""}, headers=token).status_code == 404
    assert someone.visit.opens("/desk/phone/route/CA" + "0" * 32).status_code == 204
    assert someone.visit.opens("/desk/phone/case/CA" + "0" * 32).status_code == 403
    someone.visit.opens("/desk/phone")
    page = someone.visit.sends("/desk/phone/moment", at="2020-11-26T03:00")
    assert page.status_code == 409
    assert "That moment is over" in page.get_data(as_text=True)


def test_prompts_are_spoken_where_the_machine_can(
    here: Telephones, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "bin" / "espeak-ng"
    program.parent.mkdir()
    program.write_text('#!/bin/sh\nprintf "RIFF%s " "$2"; cat\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    phone_speech._program.cache_clear()
    phone_speech.spoken.cache_clear()
    try:
        someone = at_the_phones(here)
        sid = someone.does("dial", **{"to": MAIN, "from": ""})
        line = someone.becomes(
            lambda: next((each for each in someone.call()["lines"] if each["kind"] == "heard"), None)
        )
        sound = someone.visit.opens(f"/desk/phone/sound/{sid}/{line['place']}")
        assert (sound.status_code, sound.mimetype) == (200, "audio/wav")
        assert sound.data == f"RIFFen-us {line['text']}".encode()
        assert "media-src 'self'" in sound.headers["Content-Security-Policy"]
        assert someone.visit.opens(f"/desk/phone/sound/{sid}/9999").status_code == 404
        someone.does("hang-up", leg=sid)
        someone.becomes(lambda: someone.call()["state"] == "over")
    finally:
        phone_speech._program.cache_clear()
        phone_speech.spoken.cache_clear()


# Moments


def test_the_moments_come_from_the_hours_in_force(desk: Desk) -> None:
    hours = next(iter(desk.snapshot.roster.hours.values()))
    found = {each.title: each.value for each in presets(hours, at=NOW, zone=CHICAGO)}
    assert found == {
        "Now": "now",
        "A working day": "2026-11-24T12:00",
        "3 at night": "2026-11-24T03:00",
        "Saturday": "2026-11-28T10:00",
        "Thanksgiving Day": "2026-11-26T10:00",
    }


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("now", None),
        ("", None),
        ("2026-11-28T03:00", "2026-11-28T09:00+00:00"),
        ("2027-07-01T03:00", "2027-07-01T08:00+00:00"),
    ],
)
def test_a_moment_is_read_as_clocks_at_the_desk_show_it(text: str, at: str | None) -> None:
    expected = None if at is None else datetime.fromisoformat(at)
    assert chosen(text, now=NOW, zone=CHICAGO) == expected


@pytest.mark.parametrize("text", ["2026-11-22T03:00", "soon", "2026-11-28T03:00-06:00", "9999-12-31T03:00"])
def test_a_moment_that_is_over_or_none_is_refused(text: str) -> None:
    with pytest.raises(Over):
        chosen(text, now=NOW, zone=CHICAGO)


def test_the_moment_calls_run_on_from_is_shown_as_chosen(desk: Desk) -> None:
    offered = presets(next(iter(desk.snapshot.roster.hours.values())), at=NOW, zone=CHICAGO)
    night = datetime.fromisoformat("2026-11-24T03:20-06:00")
    assert picked(offered, at=NOW, now=NOW, zone=CHICAGO) == "now"
    assert picked(offered, at=night, now=NOW, zone=CHICAGO) == "2026-11-24T03:00"
    assert picked(offered, at=night.replace(hour=5), now=NOW, zone=CHICAGO) == ""


def test_those_on_call_at_the_moment_are_marked(desk: Desk) -> None:
    found = handsets(desk.snapshot.roster, at=datetime.fromisoformat(SATURDAY_NIGHT), quick=())
    assert {each.name: each.duties for each in found} == {
        "Jamison White": ("On-call analyst",),
        LASHA: ("Backup analyst",),
        "triggerfish-1": (),
        "triggerfish-2": (),
        "After-hours answering service": (),
    }


# The way, and the case


def test_the_way_names_people_reasons_and_places(desk: Desk) -> None:
    desk.phone("Jamison White", voicemail(after_seconds=5))
    stops = route(desk.dials(MAIN, keys="1", at=SATURDAY_NIGHT).timeline)
    told = [(stop.title, stop.about) for stop in stops]
    assert told[:2] == [("The call comes in", ""), ("The desk is closed", "")]
    assert ("A key", "1") in told
    assert told.index(("Rings", "Jamison White")) < told.index(("Takes the call", LASHA))
    assert all(stop.because for stop in stops)
    assert all(stop.source for stop in stops if stop.title in {"Rings", "The desk is closed", "A key", "A menu"})


CASES = {
    "taken at the second phone": (
        {"Jamison White": voicemail(after_seconds=5)},
        ("1", SATURDAY_NIGHT, CALLER),
        ['keys: "1"', "parties: {Jamison White: voicemail}", f"rings: [Jamison White, {LASHA}]", "ends: answered"],
    ),
    "nobody there": (
        {},
        ("1", SATURDAY_NIGHT, CALLER),
        ["Jamison White: no answer", "priority: emergency", "ends: voicemail"],
    ),
    "a client in the morning": (
        {"Jamison White": accept()},
        ("2", "2026-12-01T10:00-06:00", "+18165550160"),
        ['caller: "+18165550160"', "line: main", "at: 2026-12-01 10:00", "answered_by: Jamison White"],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_what_was_played_is_a_case_that_comes_true(desk: Desk, name: str) -> None:
    phones, (keys, at, caller), expected = CASES[name]
    desk.everybody(ignore())
    for party, behaviour in phones.items():
        desk.phone(party, behaviour)
    if len(phones) == 1 and LASHA in "".join(expected):
        desk.phone(LASHA, accept())
    played = desk.dials(MAIN, keys=keys, at=at, caller=caller)
    gathered = [*played.trace.of(Gathered)]
    call = {
        "keys": [each.digits or "-" for each in gathered if each.sid == played.sid],
        "message": any(True for _ in played.trace.of(RecordingMade)),
        "lines": [],
    }
    text = drafted(played.record, call, Heading(suggested_name(played.record), CHICAGO), desk.snapshot.book)
    assert [line for line in expected if line not in text] == [], text
    assert checked(text, desk.snapshot) == "", text


def test_a_case_that_goes_another_way_says_how(desk: Desk) -> None:
    played = desk.dials(MAIN, keys="1", at=SATURDAY_NIGHT)
    call = {"keys": ["1"], "message": False, "lines": []}
    text = drafted(played.record, call, Heading("a name", CHICAGO), desk.snapshot.book)
    assert "expected priority low" in checked(text.replace("emergency", "low"), desk.snapshot)
