"""`ivr outbox`: what is ordered and not done, what was given up, and what a person does about that.

Numbers and addresses of running calls are masked: whoever looks after orders need not see them.
"""

import json
from datetime import UTC, datetime
from typing import Any, NoReturn

import click

from app.cli.environment import desk_zone, open_services
from app.cli.operator import BY_OPTION
from app.cli.tables import print_table
from app.flow.messages import Detail, OrderKind
from app.logs import mask_numbers
from app.services import Services
from app.store import OrderState, StoredOrder
from app.written import NO_YEAR, Dates, counted

# What may only be told of running calls by whoever they were given to.
_ADDRESSES = frozenset({"url", "status"})
_EVERY = "all"


@click.group()
def outbox() -> None:
    """Orders that wait or were given up: rings, texts, pages, recordings, mail, webhooks."""


@outbox.command(name="list")
@click.option("--dead", is_flag=True, help="Those that were given up, the latest first.")
@click.option("--done", is_flag=True, help="Those that are over, the latest first.")
@click.option("--kind", type=click.Choice([kind.value for kind in OrderKind]), help="Of one kind only.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="At most so many.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def listed(*, dead: bool, done: bool, kind: str | None, limit: int, as_json: bool) -> None:
    """Prints what waits, in the order it falls due."""
    state = OrderState.DEAD if dead else OrderState.DONE if done else OrderState.WAITING
    with open_services() as services:
        orders = services.store.orders.list(state, limit=limit, kind=kind)
        if as_json:
            click.echo(json.dumps({"items": [_shown(order) for order in orders]}, indent=2))
            return
        for each in services.store.orders.standing(now=services.clock.now()):
            late = f", the oldest {each.oldest_seconds:.0f} s late" if each.oldest_seconds >= 1 else ""
            click.echo(f"{each.kind}: {each.waiting} waiting{late}, {each.dead} dead")
        dates = Dates(desk_zone(services.config.current()), NO_YEAR)
        headings = ("id", "kind", "due", "tries", "reason", "key")
        print_table(headings, [_row(order, dates) for order in orders])
        click.echo(f"{counted(len(orders), 'order')} shown ({state}).")


@outbox.command()
@click.argument("order_id", metavar="ID", type=int)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show(order_id: int, *, as_json: bool) -> None:
    """Prints all that is known of one order."""
    with open_services() as services:
        order = services.store.orders.get(order_id)
        if order is None:
            _fail(f"There is no order {order_id}.")
        shown = _shown(order)
        if as_json:
            click.echo(json.dumps(shown, indent=2))
            return
        for name, value in shown.items():
            click.echo(f"{name + ':':16}{value if isinstance(value, str) else json.dumps(value)}")


@outbox.command()
@click.argument("which", metavar="ID|all")
@BY_OPTION
def retry(which: str, *, by: str) -> None:
    """Tries a dead order again from now on, or all of them. It is noted in the audit log."""
    with open_services() as services:
        at = services.clock.now()
        if which == _EVERY:
            revived = services.store.orders.revive_all(at=at, by=by)
            click.echo(f"{counted(len(revived), 'order')} will be tried again.")
        elif services.store.orders.revive(_number(which), at=at, by=by):
            click.echo(f"Order {which} will be tried again.")
        else:
            _fail(_not_dead(services, _number(which)))


@outbox.command()
@click.argument("order_id", metavar="ID", type=int)
@click.option("--because", required=True, help="What was done instead; kept in the audit log.")
@BY_OPTION
def discard(order_id: int, *, because: str, by: str) -> None:
    """Puts a dead order aside for good: somebody has seen to it otherwise."""
    if not because.strip():
        raise click.BadParameter("say why, for whoever reads the audit log", param_hint="--because")
    with open_services() as services:
        at = services.clock.now()
        if not services.store.orders.dismiss(order_id, at=at, by=by, because=because.strip()):
            _fail(_not_dead(services, order_id))
        click.echo(f"Order {order_id} is put aside.")


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise click.BadParameter("give the id of an order, or all")
    return int(text)


def _not_dead(services: Services, order_id: int) -> str:
    order = services.store.orders.get(order_id)
    return f"There is no order {order_id}." if order is None else f"Order {order_id} is not dead: it is {order.state}."


def _fail(message: str) -> NoReturn:
    click.echo(message, err=True)
    raise click.exceptions.Exit(1)


def _row(order: StoredOrder, dates: Dates) -> tuple[str, ...]:
    due = dates.moment(order.due_at.replace(microsecond=0))
    return str(order.id), order.kind, due, str(order.attempts), order.reason or "", str(_masked(order.key))


def _shown(order: StoredOrder) -> dict[str, Any]:
    return {
        "id": order.id,
        "kind": order.kind,
        "key": _masked(order.key),
        "state": order.state.value,
        "urgent": order.urgent,
        "first_due_at": _written(order.first_due_at),
        "due_at": _written(order.due_at),
        "claimed_until": _written(order.claimed_until),
        "attempts": order.attempts,
        "reason": order.reason,
        "result": order.result,
        "done_at": _written(order.done_at),
        "dead_at": _written(order.dead_at),
        "payload": _masked(dict(order.payload)),
    }


def _masked(value: Detail) -> Detail:
    if isinstance(value, dict):
        return {name: "(hidden)" if name in _ADDRESSES else _masked(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_masked(each) for each in value]
    return mask_numbers(None, "", {"value": value})["value"] if isinstance(value, str) else value


def _written(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")
