"""Nodes that take a message, and let the caller record it again where the node says so."""

from dataclasses import replace

from app.flow.asking import gather
from app.flow.messages import Detail, FactKind, KeysPressed, Position, Record, RecordingEnded, Silence
from app.flow.nodes import VoicemailNode
from app.flow.run import Run
from app.flow.standard import REVIEW
from oncall import Source

SHORTEST_MESSAGE_SECONDS = 1
AGAIN_KEY = "2"
MOST_RECORDINGS = 3
REVIEW_WAIT_SECONDS = 5


def is_reviewed(position: Position) -> bool:
    """Whether the caller is being asked about what was recorded. Here `tries` counts recordings and questions."""
    return position.tries % 2 == 1


def record(run: Run, node: VoicemailNode) -> None:
    run.say(node.prompt)
    _record(run, node)
    run.tell(
        FactKind.RECORDING_STARTED,
        because=f"{run.position.node} takes a message",
        source=node.source,
        detail={"prompt": node.prompt},
    )


def recorded(run: Run, node: VoicemailNode, event: RecordingEnded | Silence) -> str | None:
    seconds = event.seconds if isinstance(event, RecordingEnded) else 0
    recording = event.recording if isinstance(event, RecordingEnded) else None
    if isinstance(event, RecordingEnded) and event.by_silence:
        seconds = max(0, seconds - node.silence_seconds)
    left_a_message = message_over(run, seconds, recording=recording, source=node.source)
    first = run.position.tries == 0
    if not left_a_message:
        # Who was heard once has left a message, whatever came of the second attempt.
        return node.empty or node.next if first else node.next
    if not node.review or run.position.tries // 2 + 1 >= MOST_RECORDINGS:
        return node.next
    run.position = replace(run.position, tries=run.position.tries + 1)
    run.say(REVIEW)
    gather(run, wait_seconds=REVIEW_WAIT_SECONDS, digits=1)
    return None


def reviewed(run: Run, node: VoicemailNode, event: KeysPressed | Silence) -> str | None:
    """Anything but the key to record again keeps the message: a caller who says nothing has left one."""
    if not isinstance(event, KeysPressed) or event.digits != AGAIN_KEY:
        return node.next
    run.tell(FactKind.RECORDING_REPEATED, because="the caller records the message again", source=node.source)
    run.position = replace(run.position, tries=run.position.tries + 1)
    _record(run, node)
    return None


def message_over(run: Run, seconds: int, *, recording: str | None, source: Source | None) -> bool:
    left_a_message = seconds > SHORTEST_MESSAGE_SECONDS
    detail: dict[str, Detail] = {"seconds": seconds, "left": left_a_message}
    run.tell(
        FactKind.RECORDING_ENDED,
        because="a message was left" if left_a_message else "no message was left",
        source=source,
        detail=detail if recording is None else {**detail, "recording_sid": recording},
    )
    return left_a_message


def _record(run: Run, node: VoicemailNode) -> None:
    language = run.position.language
    run.wait(Record(max_seconds=node.max_seconds, silence_seconds=node.silence_seconds, language=language))
