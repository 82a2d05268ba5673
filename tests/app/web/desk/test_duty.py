"""Who is on call, at the desk: the calendar, one's own shifts, changes, swaps and fairness, without a browser."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.accounts import Role
from oncall import Override
from tests.app.edits import contents, time_off
from tests.app.store.samples import leg, record
from tests.app.web.desk.visits import Visit, browser, signed_in
from tests.desk import Desk, make_desk

pytestmark = pytest.mark.slow

FIRST, JAMISON, LASHA, SECOND = "triggerfish-1", "Jamison White", "Lasha Dalakishvili", "triggerfish-2"
# Tuesday 1 December, 10:00: Lasha Dalakishvili has the week, triggerfish-1 is her backup.
NOON = {"until": "2026-12-01T12:00"}
TAKE = {"schedule": "on-call", "person": FIRST, "instead_of": LASHA, **NOON}


def text(visit: Visit, address: str) -> str:
    return visit.opens(address).get_data(as_text=True)


def staff(desk: Desk, name: str = FIRST) -> Visit:
    return signed_in(desk.services, name, Role.STAFF)


def looks_and_saves(visit: Visit, address: str, **fields: str) -> str:
    """Sends a form, and what it shows once more with what was seen; returns where that leads, or what is said."""
    visit.opens(address)
    shown = visit.sends(address, **fields)
    found = re.search(r'name="seen" value="([0-9a-f]+)"', shown.get_data(as_text=True))
    if found is None:
        return shown.get_data(as_text=True)
    saved = visit.sends(address, **fields, seen=found[1])
    return saved.headers.get("Location") or saved.get_data(as_text=True)


def quick(desk: Desk) -> tuple[Override, ...]:
    return desk.services.store.overrides.quick(at=desk.clock.at)


def on(desk: Desk, schedule: str = "on-call") -> list[str]:
    coverage = desk.snapshot.roster.who_is_on(schedule, at=desk.clock.at, quick=quick(desk))
    return [duty.person for duty in coverage.people]


def test_the_page_says_of_every_schedule_who_is_on_until_when_and_why(desk: Desk) -> None:
    page = text(staff(desk), "/desk/oncall")
    for title, person, following, place in (
        ("On-call analyst", LASHA, FIRST, "schedules/on_call.yaml:38"),
        ("Backup analyst", FIRST, SECOND, "schedules/on_call.yaml:55"),
    ):
        card = re.search(rf'aria-label="{title} now">(.*?)</section>', page, re.DOTALL)
        assert card is not None
        assert person in card[1]
        assert f"<strong>{following}</strong>" in card[1]
        assert place in card[1]
        assert "Mon 7 Dec 08:00" in card[1]
        assert "2026-12-07 14:00:00 UTC" in card[1]


PERIODS = {
    "": ("Mon 30 Nov - Sun 13 Dec 2026", "on=2026-11-17", "on=2026-12-15"),
    "?view=week&on=2026-11-01": ("Mon 26 Oct - Sun 1 Nov 2026", "on=2026-10-25", "on=2026-11-08"),
    "?view=month&on=2026-12-31": ("December 2026", "on=2026-11-01", "on=2027-01-01"),
    "?view=week&on=2026-12-31": ("Mon 28 Dec 2026 - Sun 3 Jan 2027", "on=2026-12-24", "on=2027-01-07"),
    "?view=none&on=none&schedule=none": ("Mon 30 Nov - Sun 13 Dec 2026", "on=2026-11-17", "on=2026-12-15"),
}


def test_the_period_stands_in_the_address(desk: Desk) -> None:
    visit = staff(desk)
    for query, (title, back, forth) in PERIODS.items():
        page = text(visit, f"/desk/oncall{query}")
        assert f'id="calendar-title">{title}<' in page.replace("\N{EN DASH}", "-"), query
        for rel, wanted in (("prev", back), ("next", forth)):
            found = re.search(rf'href="([^"]+)" rel="{rel}"', page)
            assert found is not None
            assert wanted in found[1], query
            assert visit.opens(found[1].replace("&amp;", "&")).status_code == 200


def widths(page: str) -> list[float]:
    days = re.search(r'<svg class="days".*?</svg></svg>', page, re.DOTALL) or re.search(r'class="days".*', page)
    assert days is not None
    return [float(each) for each in re.findall(r'<svg x="[\d.]+%" width="([\d.]+)%"', days[0])]


def test_the_day_on_which_clocks_change_is_drawn_as_long_as_it_is(desk: Desk) -> None:
    visit = staff(desk)
    for on_date, place, hours in (("2026-11-01", 6, 25), ("2026-03-08", 6, 23)):
        drawn = widths(text(visit, f"/desk/oncall?on={on_date}"))
        assert len(drawn) == 14
        assert drawn[place] / drawn[place - 1] == pytest.approx(hours / 24, abs=0.001)


def test_the_week_of_the_autumn_night_tells_the_times_of_the_clocks(desk: Desk) -> None:
    page = text(staff(desk), "/desk/oncall?view=week&on=2026-11-02")
    cell = re.search(r'<th scope="row">Final schedule</th><td[^>]*>(.*?)</td>', page, re.DOTALL)
    assert cell is not None
    assert "to 08:00" in cell[1]
    assert "from 08:00" in cell[1]
    assert "Mon 26 Oct 08:00 CDT" in cell[1]  # the week before began under summer time


def test_a_gap_is_named_with_its_reason_and_can_be_filled(sqlite_url: str, tmp_path: Path) -> None:
    for name, data in contents(
        time_off("person: triggerfish-2, from: 2026-12-19, until: 2026-12-20, reason: vacation")
    ).items():
        file = tmp_path / "config" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    desk = make_desk(sqlite_url, tmp_path, config=tmp_path / "config")
    visit = staff(desk)
    for view in ("timeline", "week", "month"):
        page = text(visit, f"/desk/oncall?view={view}&on=2026-12-19")
        assert 'role="alert"' in page
        assert "Nobody is on call:" in page
        assert "triggerfish-2 is away, vacation" in page
    assert "Nobody is on call:" not in text(visit, "/desk/oncall")
    take = re.search(r'href="(/desk/oncall/change[^"]+)">Take it<', text(visit, "/desk/oncall?on=2026-12-19"))
    assert take is not None
    form = text(visit, take[1].replace("&amp;", "&"))
    span = {"from": "2026-12-19T00:00", "until": "2026-12-21T00:00"}
    assert all(f'value="{each}"' in form for each in span.values())
    assert looks_and_saves(visit, "/desk/oncall/change", schedule="on-call", person=FIRST, **span).startswith("/desk")
    assert "Nobody is on call:" not in text(visit, "/desk/oncall?on=2026-12-19")
    desk.services.store.close()


def test_whoever_takes_over_sees_first_what_changes(desk: Desk) -> None:
    visit = staff(desk)
    first = text(visit, "/desk/oncall/change?do=take&schedule=on-call")
    assert f'name="person" value="{FIRST}"' in first
    assert 'value="2026-12-07T08:00"' in first
    shown = visit.sends("/desk/oncall/change", **TAKE).get_data(as_text=True)
    assert "What changes" in shown
    assert on(desk) == [LASHA]
    assert looks_and_saves(visit, "/desk/oncall/change", **TAKE) == "/desk/oncall?schedule=on-call"
    assert on(desk) == [FIRST]
    assert "Done. It stands below" in text(visit, "/desk/oncall")


def test_what_was_not_shown_is_not_done(desk: Desk) -> None:
    visit = staff(desk)
    visit.opens("/desk/oncall/change")
    visit.sends("/desk/oncall/change", **TAKE, seen="0" * 16)
    assert on(desk) == [LASHA]
    found = re.search(r'name="seen" value="([0-9a-f]+)"', (visit.last or visit.opens("/")).get_data(as_text=True))
    assert found is not None
    # Meanwhile somebody else takes the second half of it.
    half = {**TAKE, "person": JAMISON, "from": "2026-12-01T11:00"}
    assert looks_and_saves(staff(desk, JAMISON), "/desk/oncall/change", **half) == "/desk/oncall?schedule=on-call"
    again = visit.sends("/desk/oncall/change", **TAKE, seen=found[1])
    assert again.status_code == 200
    assert on(desk) == [LASHA]


REFUSED: list[tuple[dict[str, str], str]] = [
    ({"until": ""}, "Say who, and until when"),
    ({"until": "nonsense"}, "Say who, and until when"),
    ({"from": "nonsense"}, "Say who, and until when"),
    ({"from": "2026-12-01T08:00"}, "This begins in the past."),
    ({"person": "Nobody At All", "instead_of": FIRST}, "Nobody on the staff list is called"),
    ({"person": JAMISON}, "For others, ask a supervisor."),
    ({"instead_of": SECOND}, "is not on call as On-call analyst then"),
]


def test_what_cannot_be_is_refused_on_the_page(desk: Desk) -> None:
    visit = staff(desk)
    for fields, words in REFUSED:
        visit.opens("/desk/oncall/change")
        answer = visit.sends("/desk/oncall/change", **{**TAKE, **fields})
        assert answer.status_code == 422, fields
        assert words in answer.get_data(as_text=True), fields
    assert quick(desk) == ()


def test_supervisors_change_anybodys_duty_and_stand_in_the_log(desk: Desk) -> None:
    visit = signed_in(desk.services, "a supervisor", Role.SUPERVISOR)
    assert (
        looks_and_saves(visit, "/desk/oncall/change", **{**TAKE, "person": JAMISON}) == "/desk/oncall?schedule=on-call"
    )
    assert on(desk) == [JAMISON]
    noted = desk.services.store.audit.list(limit=1).items[0]
    assert (noted.actor, noted.action) == ("a supervisor", "override_created")


def test_a_change_is_ended_by_whom_it_concerns_after_a_look(desk: Desk) -> None:
    visit = staff(desk)
    looks_and_saves(visit, "/desk/oncall/change", **TAKE)
    number = desk.services.store.overrides.recent(at=desk.clock.at)[0].id
    address = f"/desk/oncall/changes/{number}/end"
    assert address in text(visit, "/desk/oncall")
    stranger = staff(desk, SECOND)
    assert address not in text(stranger, "/desk/oncall")
    assert "not about you" in text(stranger, address)
    assert stranger.sends(address).status_code == 409
    assert f"<strong>{LASHA}</strong>" in text(visit, address)
    assert on(desk) == [FIRST]
    assert visit.sends(address).status_code == 303
    assert on(desk) == [LASHA]
    assert visit.opens(address).status_code == 404


def test_time_off_asks_who_stands_in_and_is_then_shown(desk: Desk) -> None:
    visit = staff(desk, LASHA)
    fields = {"person": LASHA, "until": "2026-12-02T08:00"}
    visit.opens("/desk/oncall/away")
    answer = visit.sends("/desk/oncall/away", **fields)
    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    assert "Nobody would be on call as On-call analyst" in page
    assert 'name="for-on-call"' in page
    assert looks_and_saves(visit, "/desk/oncall/away", **fields, **{"for-on-call": JAMISON}) == "/desk/oncall/mine"
    assert on(desk) == [JAMISON]
    page = text(visit, "/desk/oncall/mine")
    assert f"<strong>{LASHA}</strong> is away" in page
    assert f"<strong>{JAMISON}</strong> instead of {LASHA}" in page
    for schedule in ("on-call", "on-call-backup"):
        assert f"<strong>{LASHA}</strong> is away" in text(visit, f"/desk/oncall?schedule={schedule}")


def test_staff_mark_nobody_elses_time_off(desk: Desk) -> None:
    page = looks_and_saves(staff(desk), "/desk/oncall/away", person=SECOND, until="2026-12-02T08:00")
    assert "ask a supervisor" in page
    assert quick(desk) == ()


def test_my_shifts_are_mine_with_their_hours(desk: Desk) -> None:
    page = text(staff(desk), "/desk/oncall/mine?days=14")
    # Backup until Monday 08:00, that is 142 hours, and then a week of the first duty.
    assert '<strong class="num">310</strong> hours in' in page
    assert page.count("Hand over</a>") == 2
    assert "Hand over now" in page


def test_an_account_of_nobody_on_the_staff_list_reads_and_changes_nothing(desk: Desk) -> None:
    visit = staff(desk, "a visitor")
    for address in ("mine", "change", "away", "swaps", "fairness"):
        assert visit.opens(f"/desk/oncall/{address}").status_code == 200
    assert "Take over now" not in text(visit, "/desk/oncall")
    visit.opens("/desk/oncall/fairness?schedule=x")
    visit.opens("/desk/account")
    assert visit.sends("/desk/oncall/change", **TAKE).status_code == 422
    visit.opens("/desk/account")
    assert (
        visit.sends("/desk/oncall/swaps", asked=FIRST, turn="on-call 20261207T140000 20261214T140000").status_code
        == 422
    )
    visit.opens("/desk/account")
    visit.sends("/desk/oncall/feed", deed="new")
    visit.opens("/desk/oncall/mine")
    visit.sends("/desk/oncall/feed", deed="new", schedule="no-such-schedule")
    assert quick(desk) == ()
    assert all(each.role != "feed" for each in desk.services.store.tokens.list())


def test_the_calendar_address_is_shown_once_and_a_new_one_ends_the_old(desk: Desk) -> None:
    visit = staff(desk)
    visit.opens("/desk/oncall/mine")
    base = desk.services.settings.public_base_url
    addresses = []
    for _ in range(2):
        page = visit.sends("/desk/oncall/feed", deed="new").get_data(as_text=True)
        found = re.search(rf'value="{base}(/feeds/[^"]+\.ics)"', page)
        assert found is not None
        addresses.append(found[1])
    assert "/feeds/" not in text(visit, "/desk/oncall/mine")
    guest = browser(desk.services).client
    assert [guest.get(each).status_code for each in addresses] == [404, 200]
    assert FIRST in guest.get(addresses[1]).get_data(as_text=True)
    assert visit.sends("/desk/oncall/feed", deed="end").status_code == 303
    assert guest.get(addresses[1]).status_code == 404


def test_a_whole_schedule_is_subscribed_to_by_each_at_an_address_of_their_own(desk: Desk) -> None:
    first, other = staff(desk), signed_in(desk.services, "a supervisor", Role.SUPERVISOR)
    assert 'href="/desk/oncall/mine#calendars"' in text(other, "/desk/oncall")
    base, addresses = desk.services.settings.public_base_url, []
    for visit in (first, other, other):
        page = text(visit, "/desk/oncall/mine")
        assert '<td class="first">Backup analyst' in page
        made = visit.sends("/desk/oncall/feed", deed="new", schedule="on-call-backup").get_data(as_text=True)
        found = re.search(rf'value="{base}(/feeds/[^"]+\.ics)"', made)
        assert found is not None
        addresses.append(found[1])
    guest = browser(desk.services).client
    assert [guest.get(each).status_code for each in addresses] == [200, 404, 200]
    calendar = guest.get(addresses[2]).get_data(as_text=True)
    assert all(f"On call: {name}\\, Backup analyst" in calendar.replace("\r\n ", "") for name in (FIRST, SECOND))
    page = text(other, "/desk/oncall/mine")
    assert page.count("in use") == 1
    assert "Your own shifts" not in page
    assert "Your own shifts" in text(first, "/desk/oncall/mine")
    assert other.sends("/desk/oncall/feed", deed="end", schedule="on-call").status_code == 303
    assert guest.get(addresses[2]).status_code == 200
    other.opens("/desk/oncall/mine")
    assert other.sends("/desk/oncall/feed", deed="end", schedule="on-call-backup").status_code == 303
    assert [guest.get(each).status_code for each in addresses] == [200, 404, 404]


def test_a_swap_is_asked_for_seen_and_accepted(desk: Desk) -> None:
    first, second = staff(desk), staff(desk, SECOND)
    page = text(first, "/desk/oncall/swaps")
    turn, back = "on-call 20261207T140000 20261214T140000", "on-call 20261214T140000 20261221T140000"
    assert f'value="{turn}"' in page
    assert f'value="{back}"' in page
    assert first.sends("/desk/oncall/swaps", asked=SECOND, turn=turn, in_return=back).status_code == 303
    assert "triggerfish-1 asks you to take On-call analyst" in text(second, "/desk/oncall/mine")
    page = text(second, "/desk/oncall/swaps")
    number = re.search(r'action="/desk/oncall/swaps/(\d+)"', page)
    assert number is not None
    assert 'value="accepted"' in page
    assert 'value="accepted"' not in text(first, "/desk/oncall/swaps")
    assert number[0] not in text(staff(desk, JAMISON), "/desk/oncall/swaps")
    address = f"/desk/oncall/swaps/{number[1]}"
    first.opens("/desk/oncall/swaps")
    assert first.sends(address, outcome="accepted").status_code == 409
    second.opens("/desk/oncall/swaps")
    assert second.sends(address, outcome="nonsense").status_code == 400
    second.opens("/desk/oncall/swaps")
    assert second.sends(address, outcome="accepted").status_code == 303
    assert "accepted" in text(second, "/desk/oncall/swaps")
    assert second.sends("/desk/oncall/swaps/999", outcome="declined").status_code == 404
    desk.clock.at = datetime(2026, 12, 8, 12, tzinfo=UTC)
    assert on(desk) == [SECOND]


def test_a_part_of_a_turn_is_asked_for_at_the_clocks_of_the_desk(desk: Desk) -> None:
    first, second = staff(desk), staff(desk, SECOND)
    turn = {"asked": SECOND, "turn": "on-call 20261207T140000 20261214T140000"}
    refused = (
        ({"turn_from": "2026-12-07T07:59"}, "That part is not within the turn."),
        ({"turn_from": "2026-12-08T20:00", "turn_until": "2026-12-08T20:00"}, "That part is not within the turn."),
        ({"turn_until": "nonsense"}, "as a date and a time"),
    )
    for fields, words in refused:
        first.opens("/desk/oncall/swaps")
        answer = first.sends("/desk/oncall/swaps", **turn, **fields)
        assert (answer.status_code, words in answer.get_data(as_text=True)) == (422, True), fields
        assert 'data-part-of="f-turn" open>' in answer.get_data(as_text=True)
    first.opens("/desk/oncall/swaps")
    evening = {"turn_from": "2026-12-08T18:30", "turn_until": "2026-12-09T06:00"}
    assert first.sends("/desk/oncall/swaps", **turn, **evening).status_code == 303
    page = text(second, "/desk/oncall/swaps")
    assert "asks you to take part of a turn" in page
    for words in ("Tue 8 Dec 18:30", "of the turn", "Mon 14 Dec 08:00"):
        assert words in page
    number = re.search(r'action="(/desk/oncall/swaps/\d+)"', page)
    assert number is not None
    assert second.sends(number[1], outcome="accepted").status_code == 303
    spans = [(each.starts_at, each.ends_at, each.person) for each in quick(desk)]
    assert spans == [(datetime(2026, 12, 9, 0, 30, tzinfo=UTC), datetime(2026, 12, 9, 12, tzinfo=UTC), SECOND)]


def test_of_a_turn_that_has_begun_only_what_is_to_come_is_asked_for(desk: Desk) -> None:
    visit = staff(desk, LASHA)
    page = text(visit, "/desk/oncall/swaps")
    running = re.search(r'value="(on-call 20261130T140000 20261207T140000)"([^>]*)>[^<]*\(has begun\)<', page)
    assert running is not None
    assert "selected" not in running[2]
    assert 'data-starts="2026-12-01T10:00" data-ends="2026-12-07T08:00"' in running[2]
    fields = {"asked": JAMISON, "turn": running[1]}
    refused = visit.sends("/desk/oncall/swaps", **fields)
    assert (refused.status_code, "This turn has begun" in refused.get_data(as_text=True)) == (422, True)
    visit.opens("/desk/oncall/swaps")
    assert visit.sends("/desk/oncall/swaps", **fields, turn_from="2026-12-04T17:00").status_code == 303


def test_fairness_tells_hours_beside_an_equal_share(desk: Desk) -> None:
    page = text(staff(desk), "/desk/oncall/fairness?span=dates&first=2026-11-30&last=2026-12-27")
    rows = re.findall(r'<th scope="row" class="first">([^<]+?)(?: <span.*?)?</th>(.*?)</tr>', page, re.DOTALL)
    hours = {name.strip(): float(re.findall(r'class="num">([\d.]+) h<', row)[0]) for name, row in rows}
    # Four weeks from midnight to midnight; Jamison White's turn ends and begins on a Monday at 08:00.
    assert hours == {JAMISON: 8 + 6 * 24 + 16, LASHA: 168, FIRST: 168, SECOND: 168}
    assert '<strong class="num">168 h</strong>' in page
    assert "even" in page


def test_fairness_tells_how_often_phones_rang_at_night(desk: Desk) -> None:
    nights = {  # of Chicago
        "2026-11-29T21:59:58-06:00": (JAMISON, 0),
        "2026-11-29T22:00:00-06:00": (JAMISON, 1),
        "2026-11-30T05:59:59-06:00": (LASHA, 1),
        "2026-11-30T06:00:00-06:00": (LASHA, 0),
        "2026-12-01T03:00:00-06:00": (LASHA, 1),
    }
    for number, (instant, (person, _)) in enumerate(nights.items()):
        began = datetime.fromisoformat(instant).astimezone(UTC)
        with desk.services.store.turn() as turn:
            turn.open(replace(record(number, started_at=began), legs=(leg(number, party=person, started_at=began),)))
    address = "/desk/oncall/fairness?span=dates&first=2026-11-29&last="
    told = {
        name: sum(count for person, count in nights.values() if person == name)
        for name in (JAMISON, LASHA, FIRST, SECOND)
    }
    assert told == {JAMISON: 1, LASHA: 2, FIRST: 0, SECOND: 0}
    for last in ("2026-12-01", "2026-12-31"):
        assert rung_at_night(text(staff(desk), address + last)) == {name: str(count) for name, count in told.items()}
    assert rung_at_night(text(staff(desk), address + "2026-11-30"))[LASHA] == "1"
    ahead = "/desk/oncall/fairness?span=dates&first=2026-12-02&last=2026-12-31"
    assert set(rung_at_night(text(staff(desk), ahead)).values()) == {"\N{EN DASH}"}
    assert "between 22:00 and 06:00 (America/Chicago)" in text(staff(desk), address + "2026-12-01")


def rung_at_night(page: str) -> dict[str, str]:
    rows = re.findall(r'<th scope="row" class="first">([^<]+?)(?: <span.*?)?</th>(.*?)</tr>', page, re.DOTALL)
    return {name.strip(): re.findall(r'data-label="times rung at night">([^<]+)<', row)[0] for name, row in rows}


def test_the_pages_keep_browsers_strict(desk: Desk) -> None:
    visit = staff(desk)
    for address in ("", "?view=week", "?view=month", "/mine", "/swaps", "/fairness", "/change?do=take", "/away"):
        page = text(visit, f"/desk/oncall{address}")
        assert re.findall(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)|javascript:", page) == [], address
