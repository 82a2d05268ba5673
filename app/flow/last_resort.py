"""The flow of last resort: where a call goes when the flows written in YAML cannot carry it any further.

It apologises, connects the first outside party there is, and otherwise takes a message.
"""

from app.flow.nodes import Flow, HangupNode, Node, PartyNode, SayNode, VoicemailNode
from app.flow.standard import APOLOGY, LAST_RESORT_MESSAGE, LAST_RESORT_THANKS
from oncall import Roster, Source

NAME = "last-resort"
MESSAGE = "message"
_HERE = Source("the flow of last resort", 0)


def last_resort(roster: Roster) -> Flow:
    """A flow that cannot fail: apology → outside party (if any) → message → goodbye."""
    party = next(iter(roster.outside_parties), None)
    nodes: dict[str, Node] = {
        "apology": SayNode(prompt=APOLOGY, next=MESSAGE if party is None else "party", source=_HERE),
        MESSAGE: VoicemailNode(prompt=LAST_RESORT_MESSAGE, next="thanks", source=_HERE),
        "thanks": HangupNode(prompt=LAST_RESORT_THANKS, source=_HERE),
    }
    if party is not None:
        nodes["party"] = PartyNode(party=party, otherwise=MESSAGE, source=_HERE)
    return Flow(name=NAME, start="apology", on_error=MESSAGE, nodes=nodes, source=_HERE)
