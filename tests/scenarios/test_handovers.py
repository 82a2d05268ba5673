"""What the answering service took at night is on a list in the morning, until somebody has touched it."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from app.answering_service_list import handovers, last_closing
from app.cli import main
from app.simulator.handsets import accept, ignore
from tests.desk import CONFIG, MAIN
from tests.pages import JAMISON, LASHA, PagedDesk

FRIDAY_NIGHT = "2026-11-20T22:00-06:00"
SUNDAY = "2026-11-22T11:00-06:00"
MONDAY_EIGHT = "2026-11-23T08:00-06:00"


def taken_by_service(paged: PagedDesk, at: str) -> int:
    paged.desk.everybody(ignore()).phone("answering-service", accept(keys=()))
    number = paged.desk.dials(MAIN, at=at, keys="0", caller=None).ticket.number
    assert number is not None
    return number


def listed(paged: PagedDesk, at: str) -> list[int]:
    return [each.ticket for each in handovers(paged.services, at=datetime.fromisoformat(at)).items]


def test_the_list_holds_what_nobody_has_touched_since_the_last_closing(paged: PagedDesk) -> None:
    taken_by_service(paged, "2026-11-19T22:00-06:00")
    first, second, third = (taken_by_service(paged, at) for at in (FRIDAY_NIGHT, SUNDAY, "2026-11-23T05:00-06:00"))
    assert listed(paged, MONDAY_EIGHT) == [first, second, third], "Thursday night's was on Friday's list"

    paged.texts(JAMISON, f"ACK {first}")
    paged.texts(LASHA, f"UPDATE {second} called them back")
    assert listed(paged, MONDAY_EIGHT) == [third]

    (entry,) = handovers(paged.services, at=datetime.fromisoformat(MONDAY_EIGHT)).items
    assert (entry.party, entry.line) == ("answering-service", "main")
    assert entry.talk_seconds is not None
    assert entry.talk_seconds > 30


def test_when_the_desk_opens_its_first_group_gets_one_text_each(paged: PagedDesk) -> None:
    number = taken_by_service(paged, SUNDAY)
    paged.company.texts.clear()
    paged.at("2026-11-23T07:59-06:00").day_begins()
    assert paged.company.texts == [], "not before"
    for minute in ("00", "01", "30"):
        paged.at(f"2026-11-23T08:{minute}-06:00").day_begins()

    expected = f"The answering service took these, untouched yet: {number}. TAKE and a number makes one yours."
    assert paged.texts_to(JAMISON) == paged.texts_to(LASHA) == [expected]
    assert len(paged.company.texts) == 2


def test_an_empty_list_and_a_late_one_are_not_sent(paged: PagedDesk) -> None:
    paged.at(MONDAY_EIGHT).day_begins()
    assert paged.company.texts == []
    taken_by_service(paged, "2026-11-23T22:00-06:00")
    paged.company.texts.clear()
    paged.at("2026-11-24T09:30-06:00").day_begins()
    assert paged.company.texts == []


@pytest.mark.parametrize(
    ("at", "closed_at", "opened_at"),
    [
        ("2026-11-23T08:00-06:00", "2026-11-20T17:00-06:00", "2026-11-23T08:00-06:00"),
        ("2026-11-23T07:59-06:00", "2026-11-20T17:00-06:00", None),
        ("2026-11-23T16:59-06:00", "2026-11-20T17:00-06:00", "2026-11-23T08:00-06:00"),
        ("2026-11-23T17:00-06:00", "2026-11-23T17:00-06:00", None),
        ("2026-11-27T10:00-06:00", "2026-11-25T17:00-06:00", "2026-11-27T08:00-06:00"),  # after Thanksgiving
    ],
)
def test_the_last_closing_is_found_over_weekends_and_holidays(
    paged: PagedDesk, at: str, closed_at: str, opened_at: str | None
) -> None:
    hours = paged.desk.snapshot.roster.hours["desk"]
    found = last_closing(hours, at=datetime.fromisoformat(at))
    assert found == (
        datetime.fromisoformat(closed_at),
        None if opened_at is None else datetime.fromisoformat(opened_at),
    )


def test_the_command_prints_the_list(paged: PagedDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    number = taken_by_service(paged, SUNDAY)
    environ = {"DATABASE_URL": paged.services.settings.database_url, "IVR_CONFIG_DIR": str(CONFIG)}
    monkeypatch.chdir(tmp_path)
    runner = CliRunner(env=environ)
    told = runner.invoke(main, ["handovers", "--at", MONDAY_EIGHT])
    data = json.loads(runner.invoke(main, ["handovers", "--at", MONDAY_EIGHT, "--json"]).stdout)

    assert told.exit_code == 0, told.output
    first, second = told.stdout.splitlines()
    assert first == "Since the desk closed on Fri 20 Nov 17:00: 1 call to pick up."
    assert second.startswith(f"  {number}  high  Sun 22 Nov 11:00  main line, answering-service, talked ")
    assert data["items"][0]["ticket"] == number
    assert datetime.fromisoformat(data["closed_at"]) == datetime(2026, 11, 20, 23, tzinfo=UTC)
