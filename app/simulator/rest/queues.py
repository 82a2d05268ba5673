"""Queues and who waits in them over REST: list, fetch, change, and take somebody out."""

from app.simulator.queues import Member, Queue
from app.simulator.rest.asked import Answer, Asked, NotFound, Payload, Refused
from app.simulator.rest.desk import Desk, shown
from app.simulator.rest.paging import Listing, page
from app.simulator.signals import Redirected

_FRONT = "Front"


def listed(desk: Desk, asked: Asked) -> Answer:
    """All queues."""
    queues = [as_json(desk, queue) for queue in desk.exchange.queues.by_sid.values()]
    return Answer(200, page(asked, Listing("queues", "sid", queues)))


def create(desk: Desk, asked: Asked) -> Answer:
    """Set up a queue before anybody joins it."""
    name = asked.text("FriendlyName")
    if not name:
        raise Refused(22002, "A FriendlyName is required")
    if desk.exchange.queues.named(name) is not None:
        raise Refused(22003, f"A queue named {name!r} exists already")
    queue = Queue(desk.exchange.sids.new("QU"), name, desk.now, desk.now, max_size=int(asked.text("MaxSize", "1000")))
    desk.exchange.queues.by_sid[queue.sid] = queue
    return Answer(201, as_json(desk, queue))


def fetch(desk: Desk, asked: Asked, sid: str) -> Answer:
    """One queue."""
    return Answer(200, as_json(desk, _queue(desk, asked, sid)))


def update(desk: Desk, asked: Asked, sid: str) -> Answer:
    """Rename a queue or change how many may wait in it."""
    queue = _queue(desk, asked, sid)
    queue.name = asked.text("FriendlyName", queue.name)
    queue.max_size = int(asked.text("MaxSize", str(queue.max_size)))
    queue.updated_at = desk.now
    return Answer(200, as_json(desk, queue))


def delete(desk: Desk, asked: Asked, sid: str) -> Answer:
    """Remove an empty queue."""
    queue = _queue(desk, asked, sid)
    if queue.members:
        raise Refused(22004, "The queue is not empty")
    del desk.exchange.queues.by_sid[sid]
    return Answer(204)


def _queue(desk: Desk, asked: Asked, sid: str) -> Queue:
    queue = desk.exchange.queues.by_sid.get(sid)
    if queue is None:
        raise NotFound(asked.path)
    return queue


def members(desk: Desk, asked: Asked, sid: str) -> Answer:
    """Who waits, the first first."""
    queue = _queue(desk, asked, sid)
    waiting = [_member_json(desk, member) for member in queue.members]
    return Answer(200, page(asked, Listing("queue_members", "call_sid", waiting)))


def member(desk: Desk, asked: Asked, sid: str, call_sid: str) -> Answer:
    """One who waits: a call, or whoever is at the front."""
    return Answer(200, _member_json(desk, _member(_queue(desk, asked, sid), asked, call_sid)))


def dequeue(desk: Desk, asked: Asked, sid: str, call_sid: str) -> Answer:
    """Take somebody out of the queue and steer them to another document."""
    queue = _queue(desk, asked, sid)
    url = asked.text("Url")
    if not url:
        raise Refused(21205, "Url parameter is required")
    waiting = _member(queue, asked, call_sid)
    answer = Answer(200, _member_json(desk, waiting))
    queue.leave(waiting, desk.now)
    waiting.call.post(Redirected(asked.text("Method", "POST"), url))
    return answer


def _member(queue: Queue, asked: Asked, call_sid: str) -> Member:
    waiting = [each for each in queue.members if call_sid in {_FRONT, each.call.sid}]
    if not waiting:
        raise NotFound(asked.path)
    return waiting[0]


def as_json(desk: Desk, queue: Queue) -> Payload:
    """A queue as Twilio shows it."""
    uri = f"{desk.base}/Queues/{queue.sid}"
    return {
        "sid": queue.sid,
        "account_sid": desk.exchange.account.sid,
        "friendly_name": queue.name,
        "current_size": len(queue.members),
        "max_size": queue.max_size,
        "average_wait_time": queue.average_wait(),
        "date_created": shown(queue.created_at),
        "date_updated": shown(queue.updated_at),
        "uri": f"{uri}.json",
        "subresource_uris": {"members": f"{uri}/Members.json"},
    }


def _member_json(desk: Desk, waiting: Member) -> Payload:
    queue = waiting.queue
    return {
        "queue_sid": queue.sid,
        "call_sid": waiting.call.sid,
        "position": queue.position(waiting),
        "wait_time": waiting.seconds(desk.now),
        "date_enqueued": shown(waiting.joined_at),
        "uri": f"{desk.base}/Queues/{queue.sid}/Members/{waiting.call.sid}.json",
    }
