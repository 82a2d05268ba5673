"""Quick overrides for tests, as staff make them by text."""

from datetime import datetime, timedelta

from app.store import QuickOverride
from oncall import OverrideKind
from tests.desk import Desk


def overridden(
    desk: Desk, person: str, kind: OverrideKind, *, starts_at: datetime, hours: int, author: str = "Jamison White"
) -> None:
    """Somebody is put on call, added or taken off in schedule on-call, from an instant on."""
    change = QuickOverride(
        id=0,
        schedule="on-call",
        kind=kind,
        person=person,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=hours),
        author=author,
        reason="away, by text",
        created_at=starts_at - timedelta(minutes=5),
    )
    with desk.services.store.turn() as transaction:
        transaction.overrides.add(change)
