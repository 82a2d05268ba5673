"""The node that settles which number is called back: the caller's own read out for a yes, or another one keyed.

What is not objected to is agreed: a caller who hangs up or says nothing has asked for the call all the same.
"""

from dataclasses import replace

from app.flow.asking import dialled_in_full, gather
from app.flow.dialable import is_dialable
from app.flow.messages import FactKind, KeysPressed, Silence
from app.flow.nodes import CallbackNode
from app.flow.run import Run

YES_KEY = "1"
ANOTHER_KEY = "2"
# What is asked at the moment, as the position's `rung` says it.
CONFIRMING, KEYING = 0, 1


def settle(run: Run, node: CallbackNode) -> None:
    """Reads the number out that would be called, or asks for one."""
    number = _candidate(run)
    if number:
        _confirm(run, node, number)
    else:
        _ask(run, node)


def settled(run: Run, node: CallbackNode, event: KeysPressed | Silence) -> str | None:
    """What the caller pressed at either question."""
    if run.position.rung == KEYING:
        return _keyed(run, node, event)
    if isinstance(event, KeysPressed) and event.digits == ANOTHER_KEY:
        run.position = replace(run.position, tries=0)
        _ask(run, node)
        return None
    if isinstance(event, KeysPressed) and event.digits != YES_KEY and run.position.tries + 1 < node.tries:
        run.position = replace(run.position, tries=run.position.tries + 1)
        _confirm(run, node, _candidate(run))
        return None
    return _agreed(run, node)


def _keyed(run: Run, node: CallbackNode, event: KeysPressed | Silence) -> str | None:
    number = dialled_in_full(event.digits) if isinstance(event, KeysPressed) else None
    if number is not None and is_dialable(number):
        run.tell(
            FactKind.DIGITS_COLLECTED,
            because="the caller keyed a callback number",
            source=node.source,
            detail={"callback_number": number},
        )
        run.position = replace(run.position, rung=CONFIRMING, tries=0)
        _confirm(run, node, number)
        return None
    if run.position.tries + 1 < node.tries:
        run.position = replace(run.position, tries=run.position.tries + 1)
        if node.wrong is not None:
            run.say(node.wrong)
        _ask(run, node)
        return None
    return _agreed(run, node) if _candidate(run) else node.otherwise


def _agreed(run: Run, node: CallbackNode) -> str:
    number = _candidate(run)
    if not number:
        return node.otherwise
    run.tell(
        FactKind.CALLBACK_ASKED,
        because="the number to call back is settled",
        source=node.source,
        detail={"callback_number": number, "confirmed": True},
    )
    return node.next


def _candidate(run: Run) -> str:
    keyed = run.scene.callback_number
    if keyed and is_dialable(keyed):
        return keyed
    return run.scene.caller if is_dialable(run.scene.caller) else ""


def _confirm(run: Run, node: CallbackNode, number: str) -> None:
    run.scene = replace(run.scene, callback_number=number)
    run.say(node.confirm)
    gather(run, wait_seconds=node.wait_seconds, digits=1)


def _ask(run: Run, node: CallbackNode) -> None:
    run.position = replace(run.position, rung=KEYING)
    run.say(node.ask)
    gather(run, wait_seconds=node.wait_seconds, digits=None)
