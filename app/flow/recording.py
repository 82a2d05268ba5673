"""Nodes that take a message."""

from app.flow.messages import FactKind, Record, RecordingEnded, Silence
from app.flow.nodes import VoicemailNode
from app.flow.run import Run
from oncall import Source

SHORTEST_MESSAGE_SECONDS = 1


def record(run: Run, node: VoicemailNode) -> None:
    run.say(node.prompt)
    run.wait(Record(max_seconds=node.max_seconds, silence_seconds=node.silence_seconds))
    run.tell(
        FactKind.RECORDING_STARTED,
        because=f"{run.position.node} takes a message",
        source=node.source,
        detail={"prompt": node.prompt},
    )


def recorded(run: Run, node: VoicemailNode, event: RecordingEnded | Silence) -> str:
    seconds = event.seconds if isinstance(event, RecordingEnded) else 0
    left_a_message = message_over(run, seconds, source=node.source)
    return node.next if left_a_message else node.empty or node.next


def message_over(run: Run, seconds: int, *, source: Source | None) -> bool:
    left_a_message = seconds > SHORTEST_MESSAGE_SECONDS
    run.tell(
        FactKind.RECORDING_ENDED,
        because="a message was left" if left_a_message else "no message was left",
        source=source,
        detail={"seconds": seconds, "left": left_a_message},
    )
    return left_a_message
