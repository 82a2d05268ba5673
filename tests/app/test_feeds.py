"""Shifts as calendars: read back by a calendar program's parser, the same from day to day, and newer after an edit."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner
from icalendar import Calendar, Timezone

from app.cli.feed import feed as feed_command
from app.config.folder import read_folder
from app.feeds import Feed, Feeds, Subject, SubjectKind
from app.feeds.events import events_of, months_around
from app.feeds.stamps import Stamps
from app.feeds.zones import described
from app.services import Services
from app.store.overrides import QuickOverride
from oncall import OverrideKind
from tests.app.config.configurations import ROOT, write
from tests.desk import BASE_URL, FakeClock, make_desk

ON_CALL = "schedules/on_call.yaml"
JAMISON = Subject(SubjectKind.PERSON, "Jamison White")
LASHA = Subject(SubjectKind.PERSON, "Lasha Dalakishvili")
SCHEDULE = Subject(SubjectKind.SCHEDULE, "on-call")
NOON = datetime(2026, 11, 23, 18, tzinfo=UTC)


@dataclass
class Fed:
    """A desk over a copy of the shipped configuration, whose rota can be edited."""

    services: Services
    clock: FakeClock
    config: Path

    def feed(self, subject: Subject = JAMISON) -> Feed:
        return Feeds(self.services).of(subject)

    def edit(self, old: str, new: str) -> None:
        path = self.config / ON_CALL
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))
        assert not [problem for problem in self.services.config.reload() if problem.severity == "error"]

    def override(self, lines: str) -> None:
        self.edit("overrides: []", f"overrides:\n  - {lines}")


@pytest.fixture
def fed(sqlite_url: str, tmp_path: Path) -> Iterator[Fed]:
    config = tmp_path / "config"
    write(config, read_folder(ROOT).contents)
    desk = make_desk(sqlite_url, tmp_path, config=config)
    desk.clock.show(NOON)
    yield Fed(desk.services, desk.clock, config)
    desk.services.store.close()


def events(feed: Feed) -> list[Any]:
    return list(Calendar.from_ical(feed.body).walk("VEVENT"))


def by_uid(feed: Feed) -> dict[str, Any]:
    return {str(event["UID"]): event for event in events(feed)}


def spans(feed: Feed) -> list[tuple[datetime, datetime]]:
    return [(event["DTSTART"].dt.astimezone(UTC), event["DTEND"].dt.astimezone(UTC)) for event in events(feed)]


# What is in a feed.


def test_a_schedules_feed_holds_its_final_shifts_to_the_second(fed: Fed) -> None:
    window = months_around(NOON)
    shifts = fed.services.config.current().roster.shifts("on-call", after=window.starts_at, until=window.ends_at)
    assert spans(fed.feed(SCHEDULE)) == [(shift.starts_at, shift.ends_at) for shift in shifts]
    names = [str(event["SUMMARY"]) for event in events(fed.feed(SCHEDULE))]
    assert names[0] == f"On call: {shifts[0].person}, On-call analyst (primary)"


def test_a_persons_feed_holds_their_shifts_in_all_schedules(fed: Fed) -> None:
    found = events(fed.feed())
    assert {str(event["SUMMARY"]) for event in found} == {
        "On call: On-call analyst (primary)",
        "On call: Backup analyst (backup)",
    }
    starts = [event["DTSTART"].dt for event in found]
    assert starts == sorted(starts)
    assert min(starts) < NOON - timedelta(days=180)
    assert max(starts) > NOON + timedelta(days=350)


@pytest.mark.parametrize(
    ("night", "hours"),
    [(datetime(2026, 11, 1, tzinfo=UTC), 169), (datetime(2027, 3, 14, tzinfo=UTC), 167)],
    ids=["clocks back", "clocks forward"],
)
def test_the_turn_over_a_changing_night_is_read_back_an_hour_longer_or_shorter(
    fed: Fed, night: datetime, hours: int
) -> None:
    ((starts, ends),) = [
        (start, end) for start, end in spans(fed.feed(SCHEDULE)) if start <= night + timedelta(hours=12) < end
    ]
    assert ends - starts == timedelta(hours=hours)
    assert all(end == start for (_, end), (start, _) in pairwise(spans(fed.feed(SCHEDULE))))


def test_the_zone_is_described_for_programs_that_do_not_know_it(fed: Fed) -> None:
    """Read once with the zone's name known, once from the description alone: both give the same instants."""
    body = fed.feed(SCHEDULE).body
    unknown = body.replace(b"America/Chicago", b"Saint Joseph/Desk")
    assert b"BEGIN:VTIMEZONE\r\nTZID:Saint Joseph/Desk" in unknown
    assert spans(replace(fed.feed(SCHEDULE), body=unknown)) == spans(fed.feed(SCHEDULE))


@pytest.mark.parametrize(
    "name", ["America/Chicago", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu", "America/Sao_Paulo", "UTC"]
)
def test_a_described_zone_tells_the_right_instant_for_every_local_time_that_comes_once(name: str) -> None:
    zone, starts_at = ZoneInfo(name), datetime(2026, 1, 1, tzinfo=UTC)
    told = described(zone, starts_at=starts_at, ends_at=datetime(2028, 1, 1, tzinfo=UTC)).to_ical()
    read: Any = Timezone.from_ical(told.replace(name.encode(), b"nowhere in particular"))
    as_told = read.to_tz(lookup_tzid=False)
    for quarter in range(2 * 4 * 24, 2 * 365 * 4 * 24):
        local = (starts_at + timedelta(minutes=15 * quarter)).replace(tzinfo=None)
        offsets = {local.replace(tzinfo=zone, fold=fold).utcoffset() for fold in (0, 1)}
        if len(offsets) == 1:
            assert local.replace(tzinfo=as_told).utcoffset() in offsets, local


def test_a_shift_that_begins_in_the_second_of_two_equal_hours_is_read_back_right(fed: Fed) -> None:
    """01:00 in Chicago is the second 01:00 in New York on 1 November 2026, which only UTC can say."""
    fed.edit("    title: Backup analyst\n", "    title: Backup analyst\n    zone: America/New_York\n")
    people = fed.services.config.current().roster.people
    away = [f"  - {{person: {name}, from: 2026-10-30, until: 2026-11-01 01:00}}\n" for name in people]
    fed.edit("time_off: []\n", "time_off:\n" + "".join(away))
    feed = fed.feed(Subject(SubjectKind.SCHEDULE, "on-call-backup"))
    assert datetime(2026, 11, 1, 6, tzinfo=UTC) in [start for start, _ in spans(feed)]
    assert b"DTSTART:20261101T060000Z" in feed.body


def test_a_feed_gives_away_no_number_and_asks_not_to_be_shown_around(fed: Fed) -> None:
    feed = fed.feed()
    assert not re.search(rb"\+?1?816\d{7}", feed.body)
    for event in events(feed):
        assert event["CLASS"] == "PRIVATE"
        assert event["TRANSP"] == "TRANSPARENT", "a week on call must not look busy all week"
    calendar: Any = Calendar.from_ical(feed.body)
    assert b"\r\nX-PUBLISHED-TTL:PT1H\r\n" in feed.body
    assert (calendar["X-WR-CALNAME"], calendar["REFRESH-INTERVAL"].dt) == (
        "On call: Jamison White",
        timedelta(hours=1),
    )


def test_somebody_no_longer_there_has_an_empty_calendar(fed: Fed) -> None:
    assert events(fed.feed(Subject(SubjectKind.PERSON, "gone"))) == []
    assert events(fed.feed(Subject(SubjectKind.SCHEDULE, "gone"))) == []


# Over time.


def test_nothing_changes_from_day_to_day(fed: Fed) -> None:
    before = fed.feed()
    fed.clock.at += timedelta(days=6)
    assert fed.feed() == before, "another process of this machine, six days later"


def test_an_edit_that_moves_no_line_of_a_shift_changes_nothing(fed: Fed) -> None:
    before = fed.feed(SCHEDULE)
    fed.clock.at += timedelta(hours=1)
    fed.edit("zone: America/Chicago\n", "# a remark that moves every line\nzone: America/Chicago\n")
    assert fed.feed(SCHEDULE) == before


def test_a_shift_cut_short_keeps_its_uid_and_gets_a_higher_sequence(fed: Fed) -> None:
    before = fed.feed()
    fed.clock.at += timedelta(hours=1)
    fed.override(
        "{schedule: on-call, from: 2026-11-26 17:00, until: 2026-11-27 08:00,"
        " replace_with: Lasha Dalakishvili, by: Jamison White, reason: family}"
    )
    after = fed.feed()
    old, new = by_uid(before), by_uid(after)
    changed = {uid for uid in old.keys() & new.keys() if old[uid].to_ical() != new[uid].to_ical()}
    (cut,) = changed
    assert new[cut]["SEQUENCE"] - old[cut]["SEQUENCE"] == 3600
    assert new[cut]["DTEND"].dt.isoformat() == "2026-11-26T17:00:00-06:00"
    assert len(new.keys() - old.keys()) == 1, "what is left of the week after the override"
    assert (after.tag != before.tag, after.changed_at) == (True, fed.clock.at)
    assert "family" not in after.body.decode()


def test_a_quick_override_shows_and_when_withdrawn_leaves_what_it_was(fed: Fed) -> None:
    taken_at = fed.clock.at
    quick = QuickOverride(
        id=0,
        schedule="on-call",
        kind=OverrideKind.REPLACE,
        person="Lasha Dalakishvili",
        starts_at=taken_at + timedelta(hours=6),
        ends_at=taken_at + timedelta(hours=30),
        author="Jamison White",
        reason="private matters",
        created_at=taken_at,
    )
    before = fed.feed(SCHEDULE)
    with fed.services.store.turn() as transaction:
        made = transaction.overrides.add(quick)
    feeds = Feeds(fed.services)
    assert (quick.starts_at, quick.ends_at) in spans(feeds.of(SCHEDULE))
    assert b"private matters" not in feeds.of(SCHEDULE).body
    fed.clock.at += timedelta(hours=12)
    with fed.services.store.turn() as transaction:
        transaction.overrides.withdraw(made.id, at=fed.clock.at)
    assert (quick.starts_at, fed.clock.at) in spans(feeds.of(SCHEDULE))
    fed.clock.at += timedelta(days=8)
    assert (quick.starts_at, quick.ends_at - timedelta(hours=18)) in spans(feeds.of(SCHEDULE))
    assert len(events(feeds.of(SCHEDULE))) == len(events(before)) + 2


def test_an_edit_taken_back_is_newer_than_both(fed: Fed) -> None:
    """The content is that of before, and still a program that saw the edit must believe it."""
    sequences = [{uid: event["SEQUENCE"] for uid, event in by_uid(fed.feed()).items()}]
    uid = next(uid for uid, event in by_uid(fed.feed()).items() if "primary" in event["SUMMARY"])
    for old, new in (("On-call analyst", "The analyst"), ("The analyst", "On-call analyst")):
        fed.clock.at += timedelta(hours=1)
        fed.edit(f"title: {old}", f"title: {new}")
        sequences.append({uid: event["SEQUENCE"] for uid, event in by_uid(fed.feed()).items()})
    assert sequences[0][uid] < sequences[1][uid] < sequences[2][uid]


def test_a_shift_taken_out_makes_the_calendar_newer(fed: Fed) -> None:
    before = fed.feed()
    fed.clock.at += timedelta(hours=2)
    fed.edit(
        "          - Jamison White\n          - Lasha Dalakishvili\n",
        "          - {who: Jamison White, until: 2027-09-01}\n          - Lasha Dalakishvili\n",
    )
    after = fed.feed()
    assert len(events(after)) < len(events(before))
    assert after.changed_at == fed.clock.at


def test_where_stamps_are_lost_everything_is_newer_and_never_older(fed: Fed, tmp_path: Path) -> None:
    before = by_uid(fed.feed())
    fed.clock.at += timedelta(days=1)
    (tmp_path / "instance" / "feed-stamps.json").write_text("{damaged")
    after = by_uid(fed.feed())
    assert all(after[uid]["SEQUENCE"] > before[uid]["SEQUENCE"] for uid in before)


def test_without_a_disk_stamps_last_as_long_as_the_process(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    stamps = Stamps(tmp_path / "file" / "feed-stamps.json")
    assert stamps.of({"a": "x"}, at=NOON) == {"a": NOON}
    later = NOON + timedelta(hours=1)
    assert stamps.of({"a": "x", "b": "y"}, at=later) == {"a": NOON, "b": later}
    assert stamps.of({"a": "z"}, at=later) == {"a": later}


def test_the_window_moves_with_the_month() -> None:
    window = months_around(NOON)
    assert window == months_around(NOON + timedelta(days=7))
    assert (window.starts_at, window.ends_at) == (datetime(2026, 5, 1, tzinfo=UTC), datetime(2027, 12, 1, tzinfo=UTC))
    assert months_around(datetime(2026, 1, 31, tzinfo=UTC)).starts_at == datetime(2025, 7, 1, tzinfo=UTC)


def test_uids_are_unique_and_the_same_whenever_they_are_worked_out(fed: Fed) -> None:
    roster = fed.services.config.current().roster
    now, later = (events_of(roster, months_around(NOON + timedelta(days=days))) for days in (0, 60))
    assert len({event.uid for event in now}) == len(now)
    shared = {event.shift.starts_at for event in now} & {event.shift.starts_at for event in later}
    assert {event.uid for event in now if event.shift.starts_at in shared} == {
        event.uid for event in later if event.shift.starts_at in shared
    }


# Tokens and the command.


def test_a_feed_is_read_by_its_secret_until_it_is_revoked(fed: Fed) -> None:
    feeds = Feeds(fed.services)
    address = feeds.create(JAMISON)
    secret = re.fullmatch(rf"{BASE_URL}/feeds/(ivr_[\w-]+)\.ics", address)
    assert secret is not None
    assert feeds.read(secret.group(1)) == feeds.of(JAMISON)
    assert feeds.read("ivr_something-else") is None
    (token,) = feeds.list()
    assert (token.name, token.role) == ("feed:person:Jamison White", "feed")
    assert feeds.revoke(token.id)
    assert not feeds.revoke(token.id)
    assert feeds.read(secret.group(1)) is None


def test_a_token_of_the_api_opens_no_feed_and_is_not_revoked_as_one(fed: Fed) -> None:
    secret = fed.services.store.tokens.create("feed:person:Jamison White", "admin", at=NOON)
    feeds = Feeds(fed.services)
    assert feeds.read(secret) is None
    assert feeds.list() == ()
    assert not feeds.revoke(1)
    assert fed.services.store.tokens.check(secret) is not None


@pytest.mark.parametrize("name", ["feed", "feed:person", "feed:team:x", "other:person:x", ""])
def test_a_token_named_otherwise_is_no_feeds(name: str) -> None:
    found = Subject.of_token(name)
    assert found is None or found.name == ""


def test_each_reader_of_a_schedule_has_an_address_of_their_own(fed: Fed) -> None:
    feeds = Feeds(fed.services)
    holders = ["Jamison White", "a visitor: of another name", ""]
    secrets = [feeds.create(SCHEDULE, holder=each).rpartition("/")[2].removesuffix(".ics") for each in holders]
    assert [feeds.read(each) for each in secrets] == [feeds.of(SCHEDULE)] * 3
    assert [each.name for each in feeds.list()] == [
        "feed:schedule:on-call:Jamison White",
        "feed:schedule:on-call:a visitor: of another name",
        "feed:schedule:on-call",
    ]
    assert feeds.revoke(feeds.list()[0].id)
    assert [feeds.read(each) is None for each in secrets] == [True, False, False]
    named = Subject(SubjectKind.PERSON, "Somebody: with a colon")
    assert Subject.of_token(named.token_name) == named


def test_the_command_prints_the_address_alone_on_the_last_line(
    fed: Fed, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    environ = {
        "DATABASE_URL": fed.services.settings.database_url,
        "IVR_CONFIG_DIR": str(fed.config),
        "PUBLIC_BASE_URL": BASE_URL,
    }
    run = CliRunner(env=environ)
    made = run.invoke(feed_command, ["create", "--person", "Jamison White"])
    assert made.exit_code == 0, made.output
    assert made.output.splitlines()[-1].startswith(f"{BASE_URL}/feeds/ivr_")
    assert "1  person:Jamison White, made " in run.invoke(feed_command, ["list"]).output
    assert json.loads(run.invoke(feed_command, ["list", "--json"]).output)[0]["role"] == "feed"
    assert run.invoke(feed_command, ["revoke", "1"]).output == "Feed 1 is revoked.\n"
    assert run.invoke(feed_command, ["revoke", "1"]).exit_code == 1
    refused = run.invoke(feed_command, ["create", "--schedule", "on-cal"])
    assert 'there is no schedule "on-cal"; did you mean "on-call"?' in refused.output
    assert run.invoke(feed_command, ["create"]).exit_code == 2
