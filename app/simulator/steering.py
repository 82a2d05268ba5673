"""What happens to a leg whose document is replaced from outside: it goes on with the other. Executes no verb."""

from app.simulator.documents import fetch, inline
from app.simulator.legs import Leg, Steered
from app.simulator.rung_legs import Interpreter, Over
from app.simulator.targets import Target
from app.simulator.timeline import Script
from app.simulator.twiml import Document


def perform(leg: Leg, first: Document | Steered, interpret: Interpreter) -> Script[Over]:
    """Execute a document, and whatever the leg is steered to meanwhile, to the end."""
    following = first
    while True:
        try:
            document = following if isinstance(following, Document) else (yield from _ordered(leg, following))
            return (yield from interpret(leg, document))
        except Steered as order:
            following = order


def _ordered(leg: Leg, steered: Steered) -> Script[Document]:
    order = steered.order
    leg.legal, leg.recovers = None, True
    if order.twiml:
        return (yield from inline(leg, order.twiml))
    return (yield from fetch(leg, Target(order.method, order.url), {}))
