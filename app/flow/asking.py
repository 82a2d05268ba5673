"""Nodes that ask the caller for keys: menus and numbers, their wrong keys and their silence."""

from dataclasses import replace

from app.flow.choosing_language import choose_language
from app.flow.messages import FactKind, Gather, KeysPressed, Play, Say, Silence
from app.flow.nodes import Collected, CollectNode, MenuNode, Option, SetNode
from app.flow.run import Run
from app.flow.urgency import give_priority
from oncall import Source

NANP_DIGITS = 10


def offer(run: Run, node: MenuNode) -> None:
    run.say(node.prompt)
    gather(run, wait_seconds=node.wait_seconds, digits=1)
    run.tell(
        FactKind.MENU_OFFERED,
        because=f"menu {run.position.node}",
        source=node.source,
        detail={"prompt": node.prompt, "keys": list(node.options), "try": run.position.tries + 1},
    )


def chosen(run: Run, node: MenuNode, event: KeysPressed | Silence) -> str | None:
    option = node.options.get(event.digits) if isinstance(event, KeysPressed) else None
    if option is not None and isinstance(event, KeysPressed):
        take_option(run, event.digits, option)
        return option.go
    not_understood(run, event, node.source)
    if run.position.tries + 1 >= node.tries:
        return node.otherwise
    run.position = replace(run.position, tries=run.position.tries + 1)
    prompt = node.wrong_key if isinstance(event, KeysPressed) else node.silence
    if prompt is not None:
        run.say(prompt)
    offer(run, node)
    return None


def ask(run: Run, node: CollectNode) -> None:
    run.say(node.prompt)
    fixed = node.min_digits == node.max_digits
    gather(run, wait_seconds=node.wait_seconds, digits=node.max_digits if fixed else None)


def collected(run: Run, node: CollectNode, event: KeysPressed | Silence) -> str | None:
    value = _collected_value(node, event.digits) if isinstance(event, KeysPressed) else None
    if value is not None:
        run.tell(
            FactKind.DIGITS_COLLECTED,
            because=f"the caller keyed a {node.into.value.replace('_', ' ')}",
            source=node.source,
            detail={node.into.value: value},
        )
        return node.next
    not_understood(run, event, node.source)
    if run.position.tries + 1 >= node.tries:
        return node.otherwise
    run.position = replace(run.position, tries=run.position.tries + 1)
    if node.wrong is not None:
        run.say(node.wrong)
    ask(run, node)
    return None


def gather(run: Run, *, wait_seconds: int, digits: int | None) -> None:
    # What is said just before keys are asked for goes inside, so that a key pressed early is not lost.
    prompts: list[Say | Play] = []
    while run.instructions and isinstance(last := run.instructions[-1], Say | Play):
        prompts.insert(0, last)
        run.instructions.pop()
    run.wait(Gather(prompts=tuple(prompts), wait_seconds=wait_seconds, digits=digits))


def take_option(run: Run, key: str, option: Option) -> None:
    run.tell(
        FactKind.KEYS_PRESSED,
        because=f"key {key} of menu {run.position.node} leads to {option.go}",
        source=option.source,
        detail={"keys": key, "menu": run.position.node},
    )
    mark(run, option)


def not_understood(run: Run, event: KeysPressed | Silence, source: Source) -> None:
    node = run.position.node
    if isinstance(event, KeysPressed):
        keys = event.digits[:20]
        run.tell(
            FactKind.WRONG_KEY_PRESSED,
            because=f"{keys!r} is not what {node} asks for",
            source=source,
            detail={"keys": keys},
        )
    else:
        run.tell(FactKind.SILENCE_HEARD, because=f"no key was pressed at {node}", source=source)


def mark(run: Run, node: SetNode | Option) -> None:
    if node.language is not None:
        choose_language(run, node.language, because=f"{run.position.node} chooses it", source=node.source)
    if node.priority is not None:
        because = f"{run.position.node} gives priority {node.priority}"
        give_priority(run, node.priority, because=because, source=node.source)
    if node.tags:
        run.tell(
            FactKind.TAGS_ADDED,
            because=f"{run.position.node} adds tags",
            source=node.source,
            detail={"tags": list(node.tags)},
        )


def _collected_value(node: CollectNode, digits: str) -> str | None:
    if not digits.isdigit() or not node.min_digits <= len(digits) <= node.max_digits:
        return None
    if node.into is Collected.TICKET_NUMBER:
        return digits
    return dialled_in_full(digits)


def dialled_in_full(digits: str) -> str | None:
    """The number (E.164) that somebody in North America means by these digits; None when they mean none."""
    national = digits.removeprefix("1") if len(digits) > NANP_DIGITS else digits
    # Area codes and exchanges of the North American plan begin with 2-9.
    valid = national.isdigit() and len(national) == NANP_DIGITS and national[0] not in "01" and national[3] not in "01"
    return f"+1{national}" if valid else None
