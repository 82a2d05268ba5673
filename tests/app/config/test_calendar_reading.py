"""Calendars of programs that staff use: what counts as being away, when exactly, and what is left out."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from app.config.calendar_reading import MAX_EVENTS, MAX_SPANS, NotACalendar, read_calendar, reduced
from tests.app.config.configurations import built, found, good_files, with_changes

CHICAGO = ZoneInfo("America/Chicago")
ON_CALL = "schedules/on_call.yaml"
FILE = "schedules/time_off/jamison.ics"


def calendar(*events: str, head: str = "") -> bytes:
    """A calendar of these events, each the lines between BEGIN and END."""
    body = "".join(f"BEGIN:VEVENT\nUID:{number}\n{event}\nEND:VEVENT\n" for number, event in enumerate(events))
    return f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//t//EN\n{head}{body}END:VCALENDAR\n".replace("\n", "\r\n").encode()


def local(data: bytes) -> list[tuple[str, str]]:
    """The spans as clocks in Chicago show them."""
    away = read_calendar(data, zone=CHICAGO).away
    return [tuple(f"{at.astimezone(CHICAGO):%Y-%m-%d %H:%M}" for at in (each.starts_at, each.ends_at)) for each in away]  # type: ignore[misc]


@pytest.mark.parametrize(
    ("event", "spans"),
    [
        ("DTSTART;VALUE=DATE:20261224\nDTEND;VALUE=DATE:20261227", [("2026-12-24 00:00", "2026-12-27 00:00")]),
        ("DTSTART;VALUE=DATE:20261224", [("2026-12-24 00:00", "2026-12-25 00:00")]),
        ("DTSTART:20261224T080000\nDTEND:20261224T170000", [("2026-12-24 08:00", "2026-12-24 17:00")]),
        ("DTSTART:20261224T140000Z\nDURATION:PT3H", [("2026-12-24 08:00", "2026-12-24 11:00")]),
        (
            "DTSTART;TZID=Eastern Standard Time:20261224T090000\nDTEND;TZID=Eastern Standard Time:20261224T100000",
            [("2026-12-24 08:00", "2026-12-24 09:00")],
        ),
        (
            "DTSTART;VALUE=DATE:20261204\nRRULE:FREQ=WEEKLY;COUNT=4\nEXDATE;VALUE=DATE:20261211",
            [
                ("2026-12-04 00:00", "2026-12-05 00:00"),
                ("2026-12-18 00:00", "2026-12-19 00:00"),
                ("2026-12-25 00:00", "2026-12-26 00:00"),
            ],
        ),
    ],
    ids=["three days", "one day", "no zone", "UTC", "Outlook's zone", "weekly but once"],
)
def test_what_an_event_means_in_the_desks_zone(event: str, spans: list[tuple[str, str]]) -> None:
    assert local(calendar(event)) == spans


@pytest.mark.parametrize(
    "line", ["TRANSP:TRANSPARENT", "STATUS:CANCELLED", "X-MICROSOFT-CDO-BUSYSTATUS:FREE", "TRANSP:transparent"]
)
def test_an_event_shown_as_free_and_a_cancelled_one_do_not_count(line: str) -> None:
    assert local(calendar(f"DTSTART;VALUE=DATE:20261224\n{line}")) == []


@pytest.mark.parametrize(("on", "hours"), [("20270314", 23), ("20271107", 25)], ids=["clocks forward", "clocks back"])
def test_a_whole_day_is_the_local_day_also_when_the_clocks_change(on: str, hours: int) -> None:
    (away,) = read_calendar(calendar(f"DTSTART;VALUE=DATE:{on}"), zone=CHICAGO).away
    assert (away.ends_at - away.starts_at).total_seconds() == hours * 3600


def test_a_weekly_event_keeps_its_local_time_when_the_clocks_change() -> None:
    weekly = "DTSTART;TZID=Central Standard Time:20261028T080000\nDURATION:PT1H\nRRULE:FREQ=WEEKLY;COUNT=2"
    assert [starts for starts, _ in local(calendar(weekly))] == ["2026-10-28 08:00", "2026-11-04 08:00"]


def test_the_zone_a_calendar_names_for_times_in_utc_is_that_in_which_they_recur() -> None:
    weekly = "DTSTART:20261028T130000Z\nDURATION:PT1H\nRRULE:FREQ=WEEKLY;COUNT=2"
    data = calendar(weekly, head="X-WR-TIMEZONE:America/Chicago\n")
    assert [starts for starts, _ in local(data)] == ["2026-10-28 08:00", "2026-11-04 08:00"]
    assert local(reduced(data)) == local(data)


def test_one_time_of_a_series_can_be_moved() -> None:
    moved = calendar(
        "DTSTART:20261201T080000\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=2",
        "DTSTART:20261202T150000\nDURATION:PT1H\nRECURRENCE-ID:20261202T080000",
    ).replace(b"UID:1", b"UID:0")
    assert [starts for starts, _ in local(moved)] == ["2026-12-01 08:00", "2026-12-02 15:00"]


def test_spans_that_meet_are_one() -> None:
    data = calendar(
        "DTSTART;VALUE=DATE:20261224", "DTSTART;VALUE=DATE:20261225", "DTSTART:20261225T080000\nDTEND:20261226T120000"
    )
    assert local(data) == [("2026-12-24 00:00", "2026-12-26 12:00")]


def test_a_broken_event_is_left_out_with_its_line_and_the_rest_counts() -> None:
    data = calendar("DTSTART:whenever", "DTSTART;VALUE=DATE:20261224")
    reading = read_calendar(data, zone=CHICAGO)
    assert [(each.line, each.reason) for each in reading.left_out] == [(4, "its DTSTART cannot be read")]
    assert [each.line for each in reading.away] == [8]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html>Please sign in</html>",
        calendar("DTSTART;VALUE=DATE:20261224")[:-20],
        b"\xff\xfe\x00",
        b"BEGIN:VEVENT\r\nEND:VEVENT\r\n",
        calendar(*["DTSTART;VALUE=DATE:20261224"] * (MAX_EVENTS + 1)),
        calendar("DTSTART:20240101T120000\nDURATION:PT1H\nRRULE:FREQ=DAILY"),
    ],
    ids=["empty", "a page", "cut off", "no text", "no calendar", "too many events", f"more than {MAX_SPANS} times"],
)
def test_what_is_no_calendar_is_refused_as_a_whole(data: bytes) -> None:
    with pytest.raises(NotACalendar):
        read_calendar(data, zone=CHICAGO)


def test_what_is_kept_says_when_and_nothing_else() -> None:
    private = "SUMMARY:Doctor\nDESCRIPTION:private\nLOCATION:clinic\nATTENDEE:mailto:a@example.org\nCLASS:PRIVATE"
    data = calendar(f"DTSTART;VALUE=DATE:20261224\n{private}", "DTSTART;VALUE=DATE:20261228\nSUMMARY:Rest")
    kept = reduced(data)
    assert not any(word in kept for word in (b"Doctor", b"private", b"clinic", b"mailto", b"Rest"))
    assert local(kept) == local(data)


def test_the_same_days_are_the_same_bytes_whatever_the_stamps() -> None:
    one = calendar("DTSTART;VALUE=DATE:20261224\nDTSTAMP:20261101T000000Z", "DTSTART;VALUE=DATE:20261228")
    other = calendar("DTSTART;VALUE=DATE:20261224\nDTSTAMP:20261109T123456Z\nSEQUENCE:4", "DTSTART;VALUE=DATE:20261228")
    assert reduced(one) == reduced(other) == reduced(reduced(one))


# In the configuration.


def configured(entry: str = "{person: Jamison White, file: jamison.ics}") -> str:
    return good_files()[ON_CALL].decode() + f"time_off_calendars:\n  - {entry}\n"


def test_somebody_away_by_their_own_calendar_takes_no_turn_and_the_gap_says_so() -> None:
    data = calendar("DTSTART;VALUE=DATE:20261124\nSUMMARY:private matters")
    roster = built({ON_CALL: configured(), FILE: data.decode()}).roster
    coverage = roster.who_is_on("on-call", at=datetime(2026, 11, 24, 18, tzinfo=UTC))
    before = built({}).roster.who_is_on("on-call", at=datetime(2026, 11, 24, 18, tzinfo=UTC))
    assert [duty.person for duty in before.people] == ["Jamison White"]
    assert coverage.people == ()
    assert f"Jamison White is away, time off in their own calendar ({FILE}:4)" in coverage.because
    assert "private" not in coverage.because


def test_time_off_written_here_and_in_a_calendar_both_count() -> None:
    text = configured() + "time_off:\n  - {person: Lasha Dalakishvili, from: 2026-12-07, until: 2026-12-07}\n"
    roster = built({ON_CALL: text, FILE: calendar("DTSTART;VALUE=DATE:20261124").decode()}).roster
    away = {off.person for off in roster.schedules["on-call"].time_off}
    assert away == {"Jamison White", "Lasha Dalakishvili"}


def test_a_calendar_that_was_not_fetched_yet_is_a_warning_and_the_desk_runs_without() -> None:
    address = "{person: Jamison White, file: jamison.ics, url: https://calendar.example.org/x.ics}"
    snapshot = built({ON_CALL: configured(address)})
    assert [warning.message for warning in snapshot.warnings] == [
        "time_off_calendars.1.file: has not been fetched yet, so nothing in it counts"
    ]


def test_a_change_in_a_calendar_is_another_revision() -> None:
    files = [
        {ON_CALL: configured(), FILE: calendar(f"DTSTART;VALUE=DATE:{on}").decode()} for on in (20261124, 20261125)
    ]
    assert len({built(each).revision for each in files}) == 2


def test_a_broken_event_is_a_warning_and_does_not_refuse_the_edit() -> None:
    files = with_changes(
        {ON_CALL: configured(), FILE: calendar("SUMMARY:secret", "DTSTART;VALUE=DATE:20261124").decode()}
    )
    (problem,) = found(files)
    assert str(problem) == (
        f"{FILE}:4:1: warning: the event that begins here does not count, because it has no DTSTART:"
        " mend it in the calendar it comes from"
    )


def test_a_calendar_over_a_megabyte_is_refused() -> None:
    data = calendar("DTSTART;VALUE=DATE:20261124\nDESCRIPTION:" + "x" * 1_100_000).decode()
    assert [problem.message for problem in found(with_changes({ON_CALL: configured(), FILE: data}))] == [
        "is larger than 1 MiB: export only the days off"
    ]
