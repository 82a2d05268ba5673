"""Checks of this machine: settings, secrets, configuration, database, clock process, spool, outbox, disk."""

import json
from base64 import b64encode
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Final

from app.config.folder import read_folder
from app.config.problems import Problem
from app.doctor.findings import Finding, Installation, State
from app.publishing import written_of
from app.settings import Settings, is_loopback
from app.vault import Content, Label, Vault, VaultError

OLDEST_HEARTBEAT: Final = timedelta(seconds=120)
OLDEST_ORDER: Final = timedelta(minutes=5)
SHORTEST_SECRET: Final = 32
LITTLE_DISK: Final = 1_000_000_000
TOO_LITTLE_DISK: Final = 100_000_000
PROBLEMS_TOLD: Final = 3


def settings(installation: Installation) -> Iterator[Finding]:
    """That the environment is complete is known by now; whether it serves real calls is not."""
    values = installation.settings
    if values.simulated:
        yield Finding("settings", State.OK, "complete, in simulation: no Twilio account is used")
        return
    base = values.public_base_url
    if is_loopback(base) or not base.startswith("https://"):
        remedy = "set PUBLIC_BASE_URL to the https address under which Twilio reaches this service"
        yield Finding("settings", State.FAIL, f"PUBLIC_BASE_URL is {base}, which Twilio cannot use", remedy)
    else:
        yield Finding("settings", State.OK, f"complete; Twilio is given {base}")


def secrets(installation: Installation) -> Iterator[Finding]:
    """Secrets made for the simulation lie in a file, and are not for real callers."""
    values = installation.settings
    if values.simulated:
        yield Finding("secrets", State.SKIPPED, "no account: the simulation's own are used")
        return
    known = _simulation_secrets(values)
    in_use = {
        "SECRET_KEY": [values.secret_key],
        "DATA_KEYS": [b64encode(key).decode() for key in values.data_keys],
        "TWILIO_AUTH_TOKEN": list(values.auth_tokens),
    }
    found = [name for name, used in in_use.items() if known.intersection(used)]
    if found:
        remedy = "make new ones: docs/operators.md says how"
        yield Finding("secrets", State.FAIL, f"{' and '.join(found)}: the simulation's, known from its file", remedy)
    elif len(values.secret_key) < SHORTEST_SECRET:
        remedy = "make a longer one when no call is under way: docs/operators.md says how"
        yield Finding("secrets", State.WARN, f"SECRET_KEY is shorter than {SHORTEST_SECRET} characters", remedy)
    else:
        yield Finding("secrets", State.OK, "none of them is the simulation's")


def _simulation_secrets(values: Settings) -> set[str]:
    try:
        kept = json.loads((values.instance_dir / "simulation-secrets.json").read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return set()
    return {part.strip() for text in kept.values() for part in str(text).split(",")}


def data_keys(installation: Installation) -> Iterator[Finding]:
    """Whether what is encrypted under each key can be read again."""
    keys = installation.settings.data_keys
    remedy = "set DATA_KEYS to base64 of 32 random bytes each, newest first: docs/operators.md says how"
    unusable = [number for number, key in enumerate(keys, 1) if not _is_usable(key)]
    if not keys or unusable:
        which = f"key {', '.join(map(str, unusable))} cannot be used" if keys else "there is none"
        yield Finding("data keys", State.FAIL, which, remedy)
    elif len(set(keys)) < len(keys) or any(len(set(key)) == 1 for key in keys):
        yield Finding("data keys", State.WARN, "a key stands there twice, or is no random one", remedy)
    else:
        yield Finding("data keys", State.OK, f"{len(keys)} usable, the first one encrypts")


def _is_usable(key: bytes) -> bool:
    label, words = Label("RE" + "0" * 32, "CA" + "0" * 32, Content.AUDIO), b"a message"
    try:
        vault = Vault([key])
        return vault.open(vault.seal(words, label), label) == words
    except (ValueError, VaultError):
        return False


def configuration(installation: Installation) -> Iterator[Finding]:
    """The YAML, as `ivr check` sees it. With faults, the last good copy of it is what calls would run on."""
    snapshot, faults = installation.snapshot, installation.faults
    if faults:
        kept = "nothing can start" if snapshot is None else f"the last good one, {snapshot.revision}, is in force"
        yield Finding("configuration", State.FAIL, f"it has faults, {kept}: {_first(faults)}", "run: ivr check")
    elif snapshot is not None and snapshot.warnings:
        what = f"revision {snapshot.revision}: {_first(snapshot.warnings)}"
        yield Finding("configuration", State.WARN, what, "run: ivr check")
    elif snapshot is not None:
        yield Finding("configuration", State.OK, f"revision {snapshot.revision} is good")


def publishing(installation: Installation) -> Iterator[Finding]:
    """An edit of a folder does nothing while something is published, which is easily forgotten."""
    newest = installation.store.publications.newest()
    if newest is None or newest.revision is None:
        yield Finding("publishing", State.OK, "nothing is published: the folder of each machine counts")
        return
    what = f"publication {newest.number} of {newest.author} is in force"
    folder = read_folder(installation.settings.config_dir)
    if folder.contents and written_of(folder) != newest.written:
        told = f"{what}; the folder of this machine differs from it, and no process looks at that"
        yield Finding("publishing", State.WARN, told, "run: ivr publish --dry-run")
    else:
        yield Finding("publishing", State.OK, what)


def _first(problems: tuple[Problem, ...]) -> str:
    more = len(problems) - PROBLEMS_TOLD
    return "; ".join(map(str, problems[:PROBLEMS_TOLD])) + (f"; and {more} more" if more > 0 else "")


def database(installation: Installation) -> Iterator[Finding]:
    """Reachable, with the tables of this release, and writable. Raises StoreUnavailable."""
    store = installation.store
    store.ping()
    if not store.is_current():
        what = f"its tables are of revision {store.revision() or 'none'}, and not of this release"
        yield Finding("database", State.FAIL, what, "run: ivr db upgrade")
        return
    store.beat("doctor", at=installation.clock.now())
    yield Finding("database", State.OK, "answers, is migrated, and can be written")


def clock_process(installation: Installation) -> Iterator[Finding]:
    """Without it the spool is not stored, nobody is paged again and no rota change reaches the static fallback."""
    beat_at = installation.store.heartbeats().get("clock")
    remedy = "start `ivr serve`, or `ivr clock` beside `ivr web`"
    if beat_at is None:
        yield Finding("clock process", State.FAIL, "it has never run", remedy)
        return
    age = installation.clock.now() - beat_at
    seconds = int(abs(age).total_seconds())
    if abs(age) > OLDEST_HEARTBEAT:
        when = "ago" if age > timedelta() else "ahead of the time here"
        yield Finding("clock process", State.FAIL, f"it was last alive {seconds} seconds {when}", remedy)
    else:
        yield Finding("clock process", State.OK, f"alive {seconds} seconds ago")


def spool(installation: Installation) -> Iterator[Finding]:
    """What an outage left behind. Raises OSError when it cannot be read."""
    waiting = installation.spool.size()
    damaged = installation.settings.instance_dir / "spool.corrupt"
    if waiting:
        remedy = "the clock process stores it as soon as the database answers; never delete it"
        yield Finding("spool", State.WARN, f"{waiting} bytes wait to be stored", remedy)
    elif damaged.exists():
        remedy = f"read {damaged}, see that its calls have tickets, then move it away"
        yield Finding("spool", State.WARN, "damaged lines of an outage were set aside", remedy)
    else:
        yield Finding("spool", State.OK, "empty")


def outbox(installation: Installation) -> Iterator[Finding]:
    """Rings, texts and pages that were given up, or that nobody carries out. Raises StoreUnavailable."""
    counts = installation.store.outbox.counts(now=installation.clock.now())
    if counts.dead:
        graves = installation.store.outbox.dead(limit=1)
        reason = f"; the newest: {graves[0].kind}, {graves[0].reason}" if graves else ""
        yield Finding(
            "outbox", State.WARN, f"{counts.dead} orders were given up{reason}", "put right why, then order them anew"
        )
    elif counts.oldest_seconds > OLDEST_ORDER.total_seconds():
        what = f"{counts.waiting} orders wait, one of them for {counts.oldest_seconds:.0f} seconds"
        yield Finding("outbox", State.FAIL, what, "is the clock process running, and does Twilio answer?")
    else:
        yield Finding("outbox", State.OK, f"{counts.waiting} orders wait, none was given up")


def disk(installation: Installation) -> Iterator[Finding]:
    """Room for the database, the spool and recordings."""
    folder = _nearest(installation.settings.instance_dir)
    free = installation.free_bytes(folder)
    what = f"{free / 1e9:.1f} GB free for {installation.settings.instance_dir}"
    remedy = "free space, or move instance/ to a larger disk"
    if free < TOO_LITTLE_DISK:
        yield Finding("disk", State.FAIL, what, remedy)
    elif free < LITTLE_DISK:
        yield Finding("disk", State.WARN, what, remedy)
    else:
        yield Finding("disk", State.OK, what)


def _nearest(folder: Path) -> Path:
    return next(each for each in (folder.resolve(), *folder.resolve().parents) if each.exists())
