"""What was said by hand of the desk is known wherever one asks how the desk stands, and by every process soon."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import Connection

from app.cli import main
from app.desk_by_hand import DeskByHand, Said
from app.store import Store
from app.store.desk_overrides import DeskOverrides
from oncall import DeskOverride, Source
from tests.app.web.api_client import client_of
from tests.desk import CONFIG, Desk
from tests.pages import JAMISON, LASHA, PagedDesk

AT = datetime.fromisoformat("2026-12-01T10:00-06:00")


def close(desk: Desk, *, minutes: int = 90) -> None:
    until = desk.clock.at + timedelta(minutes=minutes)
    hand = DeskByHand(desk.services, LASHA)
    assert hand.say(is_open=False, until=until, reason="fire drill", seen=0) is Said.DONE


def test_commands_tell_it(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    close(desk)
    runner = CliRunner(env={"DATABASE_URL": desk.services.settings.database_url, "IVR_CONFIG_DIR": str(CONFIG)})
    told = runner.invoke(main, ["oncall", "--at", AT.isoformat()]).stdout
    assert f"The desk is closed by hand until 11:30 by {LASHA}: fire drill (desk override:1)." in told
    later = runner.invoke(main, ["oncall", "--at", (AT + timedelta(hours=2)).isoformat()]).stdout
    assert "by hand" not in later
    assert json.loads(runner.invoke(main, ["oncall", "--at", AT.isoformat(), "--json"]).stdout)


def test_the_route_that_the_api_tells_goes_by_it(desk: Desk) -> None:
    close(desk)
    steps = client_of(desk).json("/route", at=AT.isoformat())["steps"]
    assert any("closed by hand until 11:30" in str(step["because"]) for step in steps)


def test_staff_who_ask_by_text_hear_it(paged: PagedDesk) -> None:
    paged.at(AT.isoformat())
    assert "The desk" not in str(paged.texts(JAMISON, "who"))
    close(paged.desk)
    paged.services.store.desk.refresh(at=AT)
    assert f"The desk is closed until 11:30, says {LASHA}." in str(paged.texts(JAMISON, "who"))


def test_what_is_said_while_it_is_being_read_counts_at_once(desk: Desk) -> None:
    """The reader has its answer from before, and comes back with it later."""
    store, hours = desk.services.store, next(iter(desk.snapshot.roster.hours))
    said = DeskOverride(
        hours=hours,
        is_open=False,
        starts_at=AT,
        ends_at=AT + timedelta(hours=1),
        author=LASHA,
        reason="fire drill",
        source=Source("", 0),
    )

    def slowly(question: Callable[[Connection], Any]) -> Any:
        found = store._read(question)
        known.change(lambda rows: rows.add(said), at=AT)
        return found

    known = DeskOverrides(slowly, store._write)
    assert [each.reason for each in known.refresh(at=AT)] == ["fire drill"]
    assert [each.reason for each in known.known()] == ["fire drill"]


def test_another_process_learns_of_it_by_asking_and_what_it_knows_outlives_an_outage(desk_on_each: Desk) -> None:
    desk = desk_on_each
    other = Store.open(desk.services.settings.database_url)
    close(desk)
    assert other.desk.known() == ()
    assert [each.reason for each in other.desk.last_known(at=AT)] == ["fire drill"]
    assert DeskByHand(desk.services, LASHA).take_back(seen=1) is Said.DONE
    assert len(other.desk.known()) == 1
    assert other.desk.refresh(at=AT) == ()
    other.close()
