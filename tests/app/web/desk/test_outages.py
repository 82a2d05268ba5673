"""The desk while the database is away, from the first question of a page on or from any later one: never a fault."""

from collections.abc import Iterator
from http import HTTPMethod
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from app.accounts import Role
from app.web.desk.blueprint import PREFIX, desk_pages
from tests.app.web.desk.visits import Visit, signed_in
from tests.desk import MAIN, Desk, make_desk
from tests.outages import FAR, LeavingStore

HERE = "/desk/board"


@pytest.fixture
def store(sqlite_url: str) -> Iterator[LeavingStore]:
    opened = LeavingStore.open(sqlite_url)
    yield opened
    opened.close()


@pytest.fixture
def desk(sqlite_url: str, tmp_path: Path, store: LeavingStore) -> Desk:
    return make_desk(sqlite_url, tmp_path, store=store)


def addresses(desk: Desk, call_sid: str) -> list[str]:
    """Every page that is looked at, with a call that is there."""
    rules = {page.rule for page in desk_pages(desk.services) if page.method is HTTPMethod.GET}
    filled = {rule.replace("<call_sid>", call_sid).replace("<int:number>", "1") for rule in rules}
    return sorted(f"{PREFIX}{rule}" for rule in filled if "<" not in rule and rule != "/")


def test_whenever_the_database_leaves_a_page_says_so_and_nothing_breaks(desk: Desk, store: LeavingStore) -> None:
    played = desk.dials(MAIN, keys="2")
    visit = signed_in(desk.services, role=Role.ADMIN)
    found = addresses(desk, played.sid)
    assert HERE in found
    wrong: list[str] = []
    for address in found:
        # The doctor looks at much else, and takes its time each time.
        for answers in range(3 if "/wiring/" in address else FAR):
            store.leaves_after(answers)
            with capture_logs() as logs:
                answer = visit.opens(address)
            told = {entry["event"] for entry in logs}
            if "page_failed" in told or answer.status_code == 500:
                wrong.append(f"{address} after {answers} answers")
            if answers == 0 and store.asked and answer.status_code == 200:
                wrong.append(f"{address} is shown to nobody knows whom")
            if store.asked <= answers:
                break
    assert wrong == []


def board(visit: Visit) -> str:
    return visit.opens(HERE).get_data(as_text=True)


def test_the_board_without_a_database_says_that_calls_go_on_and_is_there_again(desk: Desk, store: LeavingStore) -> None:
    """Its stream is refused in a way on which the page goes on asking."""
    visit = signed_in(desk.services)
    for answers in (0, 1, 2):
        store.leaves_after(answers)
        for address in (HERE, f"{HERE}?panel=1", f"{HERE}/events", f"{HERE}/panel-events"):
            store.leaves_after(answers)
            answer = visit.opens(address)
            assert answer.status_code == 503
            assert answer.headers["Retry-After"] == "5"
            assert "Calls are still being taken" in answer.get_data(as_text=True)
    store.is_back()
    assert "Calls now" in board(visit)
    assert visit.opens(f"{HERE}/events").status_code == 200


@pytest.mark.parametrize("deed", ["desk", "calendar", "calls"])
def test_what_is_done_at_the_board_while_the_database_leaves_is_done_whole_or_not_at_all(
    desk: Desk, store: LeavingStore, deed: str
) -> None:
    visit = signed_in(desk.services)
    fields = {"state": "closed", "until": "60", "reason": "fire drill", "seen": "0"}
    fields["send_on"] = "CA0:1"
    done = 0
    for answers in range(FAR):
        store.is_back()
        board(visit)
        store.leaves_after(answers)
        with capture_logs() as logs:
            answer = visit.sends(f"{HERE}/{deed}", **fields)
        store.is_back()
        assert "page_failed" not in {entry["event"] for entry in logs}
        entries = store.audit.list(limit=9, subject="desk").items
        said = store.desk.refresh(at=desk.clock.at)
        assert len(entries) == len(said), "nothing is changed without an entry, nor the other way round"
        done = len(said)
        if answer.status_code == 303:
            break
        assert answer.status_code == 503
        assert done == 0
    else:
        pytest.fail("it was never done")
    assert done == (deed == "desk")
