"""Copies of the shipped configuration with edits as a person would make them in a text editor."""

from datetime import UTC, datetime
from pathlib import Path

from app.config.folder import Files, read_folder
from app.config.snapshot import Snapshot, build

ROOT = Path(__file__).parents[2]
NOON = datetime.fromisoformat("2026-11-22T12:00-06:00").astimezone(UTC)
LINES, MAIN, ENGLISH = "ivr_flows/lines.yaml", "ivr_flows/main.yaml", "ivr_flows/prompts/en.yaml"
STAFF, HOURS = "schedules/staff.yaml", "schedules/hours.yaml"
ON_CALL, LADDER = "schedules/on_call.yaml", "schedules/escalation.yaml"

Edit = tuple[str, str, str]
"""A file, a text in it, and the text that takes its place the first time it occurs."""

NIGHT_KEY = '"1": {go: emergency-after-hours, priority: emergency}'


def overrides(*entries: str) -> Edit:
    return ON_CALL, "overrides: []", "overrides:\n" + "".join(f"  - {{{entry}}}\n" for entry in entries)


def time_off(*entries: str) -> Edit:
    return ON_CALL, "time_off: []", "time_off:\n" + "".join(f"  - {{{entry}}}\n" for entry in entries)


def contents(*edits: Edit) -> dict[str, bytes]:
    """The shipped files with the edits made; a text that is not there is a mistake in the test."""
    files = {name: data.decode() for name, data in read_folder(ROOT).contents.items()}
    for name, before, after in edits:
        assert before in files[name], f"{name} no longer has {before!r}"
        files[name] = files[name].replace(before, after, 1)
    return {name: text.encode() for name, text in files.items()}


def edited(*edits: Edit) -> Snapshot:
    """The snapshot of an edited copy; without edits the shipped configuration."""
    return build(Files(contents(*edits)), loaded_from="test")


def write(folder: Path, *edits: Edit) -> Path:
    """Write an edited copy into a folder."""
    for name, data in contents(*edits).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


FAMILY_NIGHT = overrides(
    "schedule: on-call, from: 2026-11-26 17:00, until: 2026-11-27 08:00, replace_with: Lasha Dalakishvili,"
    " instead_of: Jamison White, by: Jamison White, reason: family"
)
NEW_PERSON = (
    (
        STAFF,
        "  triggerfish-1:\n",
        '  triggerfish-3:\n    team: offsite\n    phones: ["+18165550110"]\n  triggerfish-1:\n',
    ),
    (
        ON_CALL,
        "          - triggerfish-2\n",
        "          - triggerfish-2\n          - {who: triggerfish-3, from: 2026-12-28}\n",
    ),
)
MOVED_HOLIDAY = (
    (HOURS, "remove: []", "remove: [2027-01-18]"),
    (HOURS, "add: {}", "add: {2027-01-19: Martin Luther King Jr. Day}"),
)
LEAVE = time_off("person: triggerfish-1, from: 2026-12-09, until: 2026-12-10, reason: vacation")
