"""Tickets at the desk without a browser: lists and their addresses, the board, several at once, and one ticket."""

import html
import re
import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from http import HTTPStatus
from pathlib import Path

import pytest

from app.accounts import Role
from app.cdr.records import TicketStatus
from app.store import TicketFile
from app.tickets import News, TicketEdit
from oncall import Priority
from tests.app.web.desk.ticket_worlds import JAMISON, LASHA, MONDAY, NOW, TRIGGERFISH, by, morning
from tests.app.web.desk.visits import Visit, make_account, shortened, signed_in
from tests.desk import Desk, make_desk

SOONEST = ["twin", "new", "urgent", "working", "waiting", "low"]


@pytest.fixture(scope="module")
def played(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, int]]:
    """The database after the morning, to be copied."""
    folder = tmp_path_factory.mktemp("morning")
    shutil.copyfile(sqlite_template, folder / "ivr.db")
    desk = make_desk(f"sqlite:///{folder}/ivr.db", folder)
    made = morning(desk)
    for name, role in ((LASHA, Role.STAFF), ("admin", Role.ADMIN)):
        make_account(desk.services, name, role)
    desk.services.store.close()
    return folder / "ivr.db", made


@pytest.fixture
def made(played: tuple[Path, dict[str, int]]) -> dict[str, int]:
    return dict(played[1])


@pytest.fixture
def desk(played: tuple[Path, dict[str, int]], tmp_path: Path) -> Iterator[Desk]:
    """A desk of the test's own, after the same morning."""
    shutil.copyfile(played[0], tmp_path / "ivr.db")
    desk = make_desk(f"sqlite:///{tmp_path}/ivr.db", tmp_path)
    desk.clock.show(datetime.fromisoformat(NOW))
    yield desk
    desk.services.store.close()


def text(visit: Visit, address: str) -> str:
    answer = visit.opens(address)
    assert answer.status_code == HTTPStatus.OK, address
    return answer.get_data(as_text=True)


def listed(page: str, made: dict[str, int]) -> list[str]:
    names = {number: name for name, number in made.items()}
    return [names[int(number)] for number in re.findall(r'row-link num" href="/desk/tickets/(\d+)"', page)]


def file_of(desk: Desk, number: int) -> TicketFile:
    found = desk.services.store.tickets.get(number)
    assert found is not None
    return found


def version(visit: Visit) -> str:
    assert visit.last is not None
    found = re.search(r'name="version" value="([^"]+)"', visit.last.get_data(as_text=True))
    assert found is not None
    return found[1]


LISTS = [
    ("", SOONEST),
    ("?order=newest", ["new", "twin", "low", "working", "waiting", "urgent"]),
    ("?assignee=me", ["waiting", "low"]),
    ("?assignee=nobody", ["twin", "new"]),
    ("?assignee=Jamison+White", ["urgent"]),
    ("?shown=overdue", ["urgent"]),
    ("?due=1h", ["urgent", "working"]),
    ("?due=today", ["urgent", "working"]),
    ("?shown=waiting", ["waiting"]),
    ("?shown=resolved", ["resolved"]),
    ("?shown=all&client=example-clinic", ["urgent"]),
    ("?client=example-clinic", ["urgent"]),
    ("?client=example-imaging-center", []),
    ("?priority=low", ["low"]),
    ("?shown=all&q=8165550143", ["working"]),
    ("?shown=nonsense&due=nonsense&order=nonsense&priority=nonsense", SOONEST),
]


def test_a_list_shows_what_its_address_says_in_that_order(desk: Desk, made: dict[str, int]) -> None:
    visit = signed_in(desk.services, role=Role.STAFF)
    for query, names in LISTS:
        assert listed(text(visit, f"/desk/tickets{query}"), made) == names, query


def test_what_is_chosen_becomes_the_address_of_the_list(desk: Desk) -> None:
    visit = signed_in(desk.services)
    visit.opens("/desk/tickets")
    chosen = {"shown": "waiting", "assignee": "nobody", "client": "example-clinic", "due": "4h", "order": "newest"}
    address = visit.sends("/desk/tickets", **chosen).headers["Location"]
    assert address == "/desk/tickets?shown=waiting&assignee=nobody&client=example-clinic&due=4h&order=newest"
    page = text(visit, address)
    for name, value in chosen.items():
        assert re.search(rf'name="{name}".*?<option value="{value}" selected', page, re.DOTALL), name
    assert f'value="https://desk.example.org{address.replace("&", "&amp;")}"' in page


def test_pages_follow_each_other_without_a_loss(desk: Desk, made: dict[str, int]) -> None:
    visit = signed_in(shortened(desk.services, 2))
    names, address = [], "/desk/tickets"
    while address:
        page = text(visit, address)
        names += listed(page, made)
        older = re.search(r'href="([^"]+)" rel="next"', page)
        address = older[1].replace("&amp;", "&") if older else ""
    assert names == SOONEST
    assert visit.opens("/desk/tickets?after=nonsense").status_code == HTTPStatus.NOT_FOUND


def test_tabs_count_what_is_open(desk: Desk, made: dict[str, int]) -> None:
    del made
    page = text(signed_in(desk.services), "/desk/tickets")
    tabs = re.search(r'id="tabs".*?</nav>', page, re.DOTALL)
    assert tabs is not None
    counts = re.findall(r">([A-Z][a-z\u2019]+) <span class=\"count num\">(\S+)</span>", tabs[0])
    assert counts == [("Open", "6"), ("Mine", "2"), ("Nobody\u2019s", "2"), ("Overdue", "1"), ("Waiting", "1")]


def test_countdowns_are_words_with_the_instant_beside_them(desk: Desk, made: dict[str, int]) -> None:
    del made
    page = text(signed_in(desk.services), "/desk/tickets")
    found = re.findall(r'class="countdown num ([\w-]*)" datetime="([^"]+)".*?<span>([^<]+)</span>', page)
    assert ("is-over", "2026-11-30T20:05:00Z", "overdue 15 min") in [(a, b[:19] + "Z", c) for a, b, c in found]
    assert [words for mark, _, words in found if mark == "is-soon"] == [
        "waits 2 h 40 min",
        "waits 28 min",
        "due in 10 min",
    ]
    assert 'data-now="2026-11-30T20:20:00Z"' in page


def test_a_ticket_is_taken_from_the_list_and_the_list_comes_back(desk: Desk, made: dict[str, int]) -> None:
    visit = signed_in(desk.services, role=Role.STAFF)
    here = "/desk/tickets?assignee=nobody"
    visit.opens(here)
    answer = visit.sends(f"/desk/tickets/{made['new']}/take", back=here)
    assert answer.headers["Location"] == here
    assert file_of(desk, made["new"]).ticket.assignee == LASHA
    for back in ("//evil.example", "/desk/tickets\\x", "https://evil.example/desk/tickets", "/desk/ticketsx"):
        visit.opens(here)
        answer = visit.sends(f"/desk/tickets/{made['twin']}/take", back=back)
        assert answer.headers["Location"] == f"/desk/tickets/{made['twin']}", back


def test_the_board_has_a_column_for_each_status_and_leads_to_the_rest(desk: Desk, made: dict[str, int]) -> None:
    visit = signed_in(shortened(desk.services, 1))
    page = text(visit, "/desk/tickets/board?shown=waiting&due=1h")
    columns = re.findall(r'<section class="column-of.*?</section>', page, re.DOTALL)
    assert [listed(column, made) for column in columns] == [
        ["twin"],
        ["working"],
        ["urgent"],
        ["waiting"],
        ["resolved"],
    ]
    assert [re.findall(r'more" href="([^"]+)"', column) for column in columns] == [
        ["/desk/tickets?shown=new"],
        ["/desk/tickets?shown=acknowledged"],
        [],
        [],
        [],
    ]
    only = text(visit, "/desk/tickets/board?assignee=me&column=waiting")
    assert listed(only, made) == ["low", "waiting"]
    assert 'column-of is-first" aria-labelledby="column-waiting"' in only
    assert visit.sends("/desk/tickets/board", assignee="me", shown="closed").headers["Location"] == (
        "/desk/tickets/board?assignee=me"
    )


def newer(visit: Visit, page: str) -> tuple[HTTPStatus, str]:
    """What a page that stands open gets when it asks again."""
    found = re.search(r'data-fresh="([^"]+)"', page)
    assert found is not None
    answer = visit.opens(html.unescape(found[1]))
    return HTTPStatus(answer.status_code), answer.get_data(as_text=True)


@pytest.mark.parametrize(
    "address", ["?assignee=me&order=newest", "?shown=all&priority=low", "/board", "/board?column=waiting"]
)
def test_a_list_that_stands_open_gets_nothing_until_something_of_it_changes(
    desk: Desk, made: dict[str, int], address: str
) -> None:
    visit = signed_in(desk.services)
    page = text(visit, f"/desk/tickets{address}")
    assert newer(visit, page) == (HTTPStatus.NO_CONTENT, "")
    by(desk, TRIGGERFISH).edit(made["low"], TicketEdit(status=TicketStatus.WAITING, reason="asked the clinic"))
    status, again = newer(visit, page)
    assert status == HTTPStatus.OK
    chosen = re.compile(r"<option[^>]* selected>[^<]*|<a [^>]*aria-current[^>]*>[^<]*|is-first")
    assert chosen.findall(again) == chosen.findall(page)
    assert newer(visit, again)[0] == HTTPStatus.NO_CONTENT


def test_what_is_asked_for_again_is_the_same_page_of_the_same_list(desk: Desk, made: dict[str, int]) -> None:
    visit = signed_in(shortened(desk.services, 2))
    first = text(visit, "/desk/tickets?order=newest")
    older = re.search(r'href="([^"]+)" rel="next"', first)
    assert older is not None
    second = text(visit, html.unescape(older[1]))
    by(desk, TRIGGERFISH).edit(made["low"], TicketEdit(status=TicketStatus.WAITING, reason="asked the clinic"))
    _, again = newer(visit, second)
    assert listed(again, made) == listed(second, made) == ["low", "working"]
    assert "First page" in again


@pytest.mark.parametrize("address", ["/desk/tickets", "/desk/tickets/board"])
def test_a_list_that_stands_open_keeps_nobody_signed_in(desk: Desk, address: str) -> None:
    visit = signed_in(desk.services)
    page = text(visit, address)
    idle = desk.services.settings.session_idle_minutes
    for _ in range(idle // 5 + 1):
        desk.clock.at += timedelta(minutes=5)
        status, _ = newer(visit, page)
    assert status == HTTPStatus.UNAUTHORIZED


def test_a_card_is_moved_and_whoever_is_late_is_told(desk: Desk, made: dict[str, int]) -> None:
    visit, number = signed_in(desk.services, role=Role.STAFF), made["working"]
    page = text(visit, "/desk/tickets/board")
    ways = re.findall(rf'/{number}/move" name="move" value="([a-z_]+:[^"]+)"', page)
    assert [way.partition(":")[0] for way in ways] == ["in_progress", "waiting", "resolved"]
    address = f"/desk/tickets/{number}/move"
    assert visit.sends(address, move=ways[0], back="/desk/tickets/board").headers["Location"] == "/desk/tickets/board"
    last = file_of(desk, number).updates[-1]
    assert (last.author, last.because) == (LASHA, "moved on the board")
    visit.opens("/desk/tickets/board")
    visit.sends(address, move=ways[1], back="/desk/tickets/board")
    assert "changed by somebody else meanwhile" in text(visit, "/desk/tickets/board")
    assert file_of(desk, number).ticket.status is TicketStatus.IN_PROGRESS
    assert visit.sends(address, move="nonsense:1").status_code == HTTPStatus.BAD_REQUEST


def picks(page: str) -> dict[int, str]:
    return {int(value.partition(":")[0]): value for value in re.findall(r'name="ticket" value="([^"]+)"', page)}


def send_bulk(visit: Visit, picked: list[str], **fields: str) -> tuple[int, str]:
    data = {"form_token": visit.token(), "ticket": picked, **fields}
    visit.last = visit.client.post("/desk/tickets/bulk", data=data, headers={"Accept-Encoding": "identity"})
    return visit.last.status_code, visit.last.get_data(as_text=True)


def test_several_are_changed_each_by_itself_and_the_others_are_named_with_why(desk: Desk, made: dict[str, int]) -> None:
    visit = signed_in(desk.services, role=Role.STAFF)
    picked = picks(text(visit, "/desk/tickets"))
    by(desk, JAMISON).edit(made["working"], TicketEdit(subject="Logs are in"))
    wanted = [picked[made[name]] for name in ("new", "urgent", "working", "low")] + ["9999:x"]
    status, page = send_bulk(visit, wanted, assignee="nobody", reason="handed back")
    assert status == HTTPStatus.OK
    assert "1 of 5 tickets changed" in page
    left, changed, same = (re.search(rf'"{name}-title".*?</section>', page, re.DOTALL) for name in NAMES)
    assert left is not None
    assert changed is not None
    assert same is not None
    assert listed(changed[0], made) == ["low"]
    assert listed(same[0], made) == ["new"]
    assert re.findall(r"<td>([^<]+)</td>", left[0]) == [
        "assignee an emergency that was acknowledged has an owner: name somebody else",
        "somebody else changed it meanwhile: look at it again",
        "there is no such ticket",
    ]
    assert file_of(desk, made["low"]).updates[-1].because == "handed back"
    assert file_of(desk, made["urgent"]).ticket.assignee == JAMISON


NAMES = ("left", "changed", "same")
UNREADABLE = [
    ({"assignee": LASHA, "reason": "why"}, False, "No ticket was picked."),
    ({"assignee": LASHA}, True, "Say why"),
    ({"reason": "why"}, True, "Choose what to change"),
    ({"assignee": "Somebody Else", "reason": "why"}, True, "is not in schedules/staff.yaml"),
]


def test_what_cannot_be_done_to_several_changes_none(desk: Desk, made: dict[str, int]) -> None:
    visit = signed_in(desk.services)
    picked = picks(text(visit, "/desk/tickets"))[made["new"]]
    before = file_of(desk, made["new"])
    for fields, with_one, said in UNREADABLE:
        visit.opens("/desk/tickets")
        status, page = send_bulk(visit, [picked] if with_one else [], **fields)
        assert status == HTTPStatus.UNPROCESSABLE_ENTITY, fields
        assert said in page
    visit.opens("/desk/tickets")
    assert send_bulk(visit, [picked], status="nonsense", reason="why")[0] == HTTPStatus.BAD_REQUEST
    assert file_of(desk, made["new"]) == before


def test_a_ticket_tells_its_conversation_clocks_calls_and_client(desk: Desk, made: dict[str, int]) -> None:
    visit = signed_in(desk.services, role=Role.STAFF)
    page = text(visit, f"/desk/tickets/{made['urgent']}")
    talk = re.search(r'<ol class="talk">.*?</ol>', page, re.DOTALL)
    assert talk is not None
    voices = re.findall(r'<li class="is-([a-z-]+)"', talk[0])
    assert voices == ["change", "from-requester", "to-requester", "to-requester", "change", "call"]
    assert "priority: high to emergency" in talk[0]
    assert "missed by 3 h 15 min" in page
    assert "set anew" in page
    assert "two sites cannot read images" in page
    assert "Example clinic" in page
    assert f'href="/desk/tickets/{made["working"]}"' in page
    assert "816" not in (re.search(r"<title>.*?</title>", page) or [""])[0]


def test_times_are_negotiated_for_one_ticket_with_a_reason(desk: Desk, made: dict[str, int]) -> None:
    visit, here = signed_in(desk.services, role=Role.STAFF), f"/desk/tickets/{made['urgent']}"
    visit.opens(here)
    fields = {"updates": "every", "minutes": "180", "target": "at", "due_at": "2026-12-01T10:00"}
    late = visit.sends(f"{here}/agree", version=version(visit), **fields)
    assert late.status_code == HTTPStatus.CONFLICT
    assert 'value="180"' in late.get_data(as_text=True)
    answer = visit.sends(f"{here}/agree", version=version(visit), reason="agreed with the site", **fields)
    assert answer.status_code == HTTPStatus.SEE_OTHER
    ticket = file_of(desk, made["urgent"]).ticket
    assert ticket.resolve_due_at == datetime.fromisoformat("2026-12-01T10:00-06:00")
    assert ticket.update_due_at == datetime.fromisoformat(MONDAY.format("17:20"))
    page = text(visit, here)
    assert "every 3 h" in page
    assert "agreed with the site" in page
    for wrong in ({"updates": "every", "minutes": "1"}, {"target": "at", "due_at": "soon"}, {}):
        visit.opens(here)
        assert visit.sends(f"{here}/agree", reason="why", **wrong).status_code == HTTPStatus.CONFLICT
    assert visit.sends(f"{here}/agree", reason="why", updates="often").status_code == HTTPStatus.BAD_REQUEST


def test_tickets_are_linked_and_merged_by_number(desk: Desk, made: dict[str, int]) -> None:
    visit, here = signed_in(desk.services, role=Role.STAFF), f"/desk/tickets/{made['twin']}"
    assert "816-555-0146" in text(visit, f"{here}/other?other={made['new']}")
    assert "There is no ticket 9" in text(visit, f"{here}/other?other=9")
    visit.opens(here)
    assert visit.sends(f"{here}/join", how="link", other=f"#{made['low']}").status_code == HTTPStatus.SEE_OTHER
    visit.opens(here)
    refused = visit.sends(f"{here}/join", how="merge", other=str(made["resolved"]), reason="the same caller")
    assert refused.status_code == HTTPStatus.CONFLICT
    assert "merge into: is resolved: reopen it first" in refused.get_data(as_text=True)
    assert 'value="the same caller"' in refused.get_data(as_text=True)
    assert visit.sends(f"{here}/join", how="merge", other=str(made["new"])).status_code == HTTPStatus.CONFLICT
    assert visit.sends(f"{here}/join", how="merge", other="x", reason="y").status_code == HTTPStatus.CONFLICT
    visit.opens(here)
    done = visit.sends(f"{here}/join", how="merge", other=str(made["new"]), reason="the same caller")
    assert done.status_code == HTTPStatus.SEE_OTHER
    page = text(visit, here)
    assert f"ticket {made['new']}</a>: its calls and history are there" in page
    assert "/join" not in page
    assert len(file_of(desk, made["new"]).calls) == 2


def test_two_who_change_at_once_the_second_is_told_what_the_first_did_and_keeps_their_words(
    desk: Desk, made: dict[str, int]
) -> None:
    visit, here = signed_in(desk.services, role=Role.STAFF), f"/desk/tickets/{made['urgent']}"
    visit.opens(here)
    mine = version(visit)
    by(desk, JAMISON).edit(made["urgent"], TicketEdit(priority=Priority.HIGH, reason="a way around was found"))
    late = visit.sends(f"{here}/change", version=mine, status="waiting", assignee=TRIGGERFISH, reason="my own words")
    assert late.status_code == HTTPStatus.CONFLICT
    page = late.get_data(as_text=True)
    assert "changed while you were writing" in page
    assert "a way around was found" in page
    assert 'value="my own words"' in page
    assert '<option value="waiting" selected>' in page
    assert f"<option selected>{TRIGGERFISH}" in page
    assert file_of(desk, made["urgent"]).ticket.status is TicketStatus.IN_PROGRESS
    again = visit.sends(
        f"{here}/change", version=version(visit), status="waiting", assignee=TRIGGERFISH, reason="again"
    )
    assert again.status_code == HTTPStatus.SEE_OTHER
    assert file_of(desk, made["urgent"]).ticket.assignee == TRIGGERFISH


def test_an_update_that_crosses_anothers_is_held_back_once(desk: Desk, made: dict[str, int]) -> None:
    visit, here = signed_in(desk.services, role=Role.STAFF), f"/desk/tickets/{made['urgent']}"
    visit.opens(here)
    mine = version(visit)
    by(desk, JAMISON).tell(made["urgent"], News(text="Site two reads images."))
    words = {"text": "Site two next.", "kind": "update", "waiting": "yes"}
    late = visit.sends(f"{here}/tell", version=mine, **words)
    assert late.status_code == HTTPStatus.CONFLICT
    page = late.get_data(as_text=True)
    assert "Site two reads images." in page
    assert ">Site two next.</textarea>" in page
    assert 'name="waiting" value="yes" checked' in page
    assert visit.sends(f"{here}/tell", version=version(visit), **words).status_code == HTTPStatus.SEE_OTHER
    visit.opens(here)
    note = {"text": "For us.", "kind": "note", "version": mine}
    assert visit.sends(f"{here}/tell", **note).status_code == HTTPStatus.SEE_OTHER


def test_a_ticket_that_is_over_is_reopened_with_a_reason(desk: Desk, made: dict[str, int]) -> None:
    visit, here = signed_in(desk.services, role=Role.STAFF), f"/desk/tickets/{made['resolved']}"
    page = text(visit, here)
    assert 'id="reopen"' in page
    assert "/tell" not in page
    visit.sends(f"{here}/change", version=version(visit), status="in_progress", reason="the cable is loose again")
    ticket = file_of(desk, made["resolved"])
    assert ticket.ticket.status is TicketStatus.IN_PROGRESS
    assert ticket.updates[-1].because == "the cable is loose again"


def test_requester_and_subject_are_changed_and_the_rest_stays(desk: Desk, made: dict[str, int]) -> None:
    visit, here = signed_in(desk.services, role=Role.STAFF), f"/desk/tickets/{made['urgent']}"
    visit.opens(here)
    fields = {"requester": "it@clinic.example", "subject": "Images do not open", "reason": "asked"}
    assert visit.sends(f"{here}/change", version=version(visit), **fields).status_code == HTTPStatus.SEE_OTHER
    ticket = file_of(desk, made["urgent"]).ticket
    assert (ticket.requester, ticket.subject) == ("it@clinic.example", "Images do not open")
    assert ticket.assignee == JAMISON


def test_an_account_that_is_nobody_in_the_staff_is_told_it_cannot_own_a_ticket(
    desk: Desk, made: dict[str, int]
) -> None:
    visit, here = signed_in(desk.services, "admin", Role.ADMIN), f"/desk/tickets/{made['new']}"
    page = text(visit, here)
    assert "no ticket can be its own" in page
    assert "/take" not in page
    assert "/take" not in text(visit, "/desk/tickets")
    visit.opens(here)
    refused = visit.sends(f"{here}/change", version=version(visit), assignee="admin", reason="mine")
    assert refused.status_code == HTTPStatus.CONFLICT
    assert "admin is not in schedules/staff.yaml" in refused.get_data(as_text=True)
    done = visit.sends(f"{here}/change", version=version(visit), assignee=TRIGGERFISH, priority="high", reason="theirs")
    assert done.status_code == HTTPStatus.SEE_OTHER
    last = file_of(desk, made["new"]).updates[-1]
    assert (last.author, last.because) == ("admin", "theirs")


def test_a_priority_is_not_changed_without_a_reason(desk: Desk, made: dict[str, int]) -> None:
    visit, here = signed_in(desk.services, role=Role.STAFF), f"/desk/tickets/{made['new']}"
    visit.opens(here)
    refused = visit.sends(f"{here}/change", version=version(visit), priority="low", reason="  ")
    assert refused.status_code == HTTPStatus.CONFLICT
    assert "Say why" in refused.get_data(as_text=True)
    assert "<option selected>low" in refused.get_data(as_text=True)
    assert file_of(desk, made["new"]).ticket.priority is Priority.HIGH


@pytest.mark.parametrize("deed", ["take", "tell", "change", "agree", "join", "move"])
def test_a_ticket_that_does_not_exist_is_not_found(desk: Desk, deed: str) -> None:
    visit = signed_in(desk.services, role=Role.STAFF)
    visit.opens("/desk/account")
    every = {
        "text": "x",
        "kind": "update",
        "reason": "y",
        "updates": "usual",
        "how": "link",
        "other": "1",
        "move": "new:1",
    }
    assert visit.sends(f"/desk/tickets/4711/{deed}", **every).status_code == HTTPStatus.NOT_FOUND
