"""Nodes that know who is calling: a client, somebody with an open ticket, somebody who calls again, a blocked number.

What the record says is asked once a turn and may be missing; then the call goes on as one from a stranger.
"""

from dataclasses import replace
from datetime import timedelta

from app.flow.callers import Client
from app.flow.choosing_language import choose_language
from app.flow.messages import FactKind
from app.flow.nodes import RecogniseNode, RingAssigneeNode, TicketStatusNode
from app.flow.run import Run
from app.flow.standard import TICKET_STATUS
from app.flow.standing import EarlierCall, OpenTicket, Standing
from app.flow.urgency import give_priority, most_urgent, priority_so_far, raise_priority
from oncall import Priority, Source

AGAIN_WITHIN = timedelta(minutes=15)


def recognise(run: Run, node: RecogniseNode) -> str:
    """Greets the caller, and names the node for what is known of the number."""
    blocked = run.scene.book.callers.blocked.get(run.scene.caller)
    if blocked is not None:
        because = f"the number is on the block list: {blocked.reason}"
        run.tell(FactKind.CALLER_BLOCKED, because=because, source=blocked.source)
        run.tell(FactKind.TAGS_ADDED, because=because, source=blocked.source, detail={"tags": ["blocked"]})
        return node.blocked
    client = run.scene.client
    if client is not None:
        welcome(run, client)
    greeting = client.greeting if client is not None and client.greeting else node.greeting
    run.say(greeting)
    run.tell(FactKind.PROMPT_SAID, because=f"prompt {greeting}", source=node.source)
    standing = Standing() if is_shared(run) else run.scene.standing()
    if standing.earlier is not None and run.scene.at - standing.earlier.ended_at < AGAIN_WITHIN:
        return call_again(run, node, standing.earlier, standing.open_ticket)
    if standing.open_ticket is not None and node.open_ticket is not None:
        found = standing.open_ticket
        run.tell(
            FactKind.OPEN_TICKET_FOUND,
            because=f"the number called about ticket {found.number}, which is still open",
            source=node.source,
            detail={"ticket": found.number, "status": found.status, "priority": found.priority.value},
        )
        return node.open_ticket
    return (node.known if client is not None else None) or node.unknown


def welcome(run: Run, client: Client) -> None:
    """Treats the call as its client's: language, priority and tag."""
    because = f"the number belongs to {client.title}, {client.site}"
    run.tell(
        FactKind.CALLER_RECOGNISED,
        because=because,
        source=client.source,
        detail={"client": client.name, "site": client.site},
    )
    run.tell(FactKind.TAGS_ADDED, because=because, source=client.source, detail={"tags": [client.name]})
    if client.language:
        choose_language(run, client.language, because=f"{client.title} is served in it", source=client.source)
    if client.priority_floor is not None:
        floor = client.priority_floor
        raise_priority(run, floor, because=f"calls from {client.title} are never below {floor}", source=client.source)


def call_again(run: Run, node: RecogniseNode, earlier: EarlierCall, open_ticket: OpenTicket | None) -> str:
    """The second call within a quarter of an hour belongs to the ticket of the first and is more urgent."""
    minutes = int((run.scene.at - earlier.ended_at).total_seconds()) // 60
    # The clocks of two machines may differ: "less than a minute" is also said of what has just not happened yet.
    ago = "less than a minute" if minutes < 1 else f"{minutes} minute{'' if minutes == 1 else 's'}"
    because = f"the last call with this number ended {ago} ago"
    run.tell(
        FactKind.CALLED_AGAIN,
        because=because,
        source=node.source,
        detail={"ticket": earlier.ticket, "priority": earlier.priority.value},
    )
    if earlier.resolved or (open_ticket is not None and open_ticket.number == earlier.ticket):
        join_ticket(run, earlier.ticket, because=because, source=node.source)
    # Told also where the call is that urgent anyway: the ticket it belongs to may not be.
    urgency = most_urgent(earlier.priority.raised(), priority_so_far(run))
    give_priority(run, urgency, because=f"{because}: one step up", source=node.source)
    is_emergency = run.position.priority is Priority.EMERGENCY
    return (node.again_emergency if is_emergency else None) or node.again or node.unknown


def is_shared(run: Run) -> bool:
    """Whether two calls with the number need not be about the same matter: a switchboard, staff, a service of ours."""
    scene, roster = run.scene, run.scene.roster
    if scene.client is not None and scene.client.shared:
        return True
    parties = (party.number for party in roster.outside_parties.values())
    staff = (number for person in roster.people.values() for number in person.phones)
    return not scene.caller or scene.caller in {*parties, *staff, *(line.number for line in scene.book.lines.values())}


def tell_status(run: Run, node: TicketStatusNode) -> str:
    """Speaks how the caller's open ticket stands; the call then belongs to that ticket."""
    ticket = run.scene.standing().open_ticket
    if ticket is None:
        return node.unknown
    join_ticket(run, ticket.number, because="the caller asked for its status", source=node.source)
    run.say(TICKET_STATUS)
    run.tell(FactKind.PROMPT_SAID, because=f"prompt {TICKET_STATUS}", source=node.source)
    return node.next


def follow_up(run: Run, node: RingAssigneeNode) -> None:
    """Whoever asks for the person who has their ticket calls about that ticket."""
    ticket = run.scene.standing().open_ticket
    if ticket is not None:
        join_ticket(run, ticket.number, because="the caller asked for the person who has it", source=node.source)


def join_ticket(run: Run, ticket: int, *, because: str, source: Source) -> None:
    """From here on the call belongs to this ticket, once."""
    if run.scene.ticket != ticket:
        run.tell(FactKind.TICKET_JOINED, because=because, source=source, detail={"ticket": ticket})
        run.scene = replace(run.scene, ticket=ticket)
