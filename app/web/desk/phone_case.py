"""What was played at the phones as a case of the staff: written as docs/cases.md says, tried, put with the others."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

from app.cdr.records import CallRecord, Disposition, LegOutcome
from app.config.cases import FOLDER, Answer, Ending, read_cases
from app.config.snapshot import Snapshot
from app.flow.book import FlowBook
from app.rehearsal import rehearse
from app.services import Services
from app.store import AuditEntry
from oncall import local_time

FILE = f"{FOLDER}/phone.yaml"
_HEAD = """\
# yaml-language-server: $schema=../../app/config/schemas/cases.schema.json
#
# Calls that were played on the phone page of the web desk and kept as cases: docs/cases.md says what the words mean.

cases:
"""
_LONGEST_NAME = 200
_ANSWERS: Mapping[LegOutcome, Answer | None] = {
    LegOutcome.ACCEPTED: Answer.ACCEPT,
    LegOutcome.DECLINED: Answer.DECLINE,
    LegOutcome.ANSWERED_NOT_ACCEPTED: Answer.VOICEMAIL,
    LegOutcome.NO_ANSWER: Answer.NO_ANSWER,
    LegOutcome.CANCELLED: Answer.NO_ANSWER,
    LegOutcome.BUSY: Answer.BUSY,
    LegOutcome.FAILED: Answer.BUSY,
    LegOutcome.CALLER_LEFT: None,
    LegOutcome.RINGING: None,
}
_ENDINGS: Mapping[Disposition, Ending] = {
    Disposition.ANSWERED: Ending.ANSWERED,
    Disposition.ANSWERING_SERVICE: Ending.ANSWERING_SERVICE,
    Disposition.VOICEMAIL: Ending.VOICEMAIL,
    Disposition.CALLBACK: Ending.CALL_BACK,
}
_SPOKEN: Mapping[Disposition, str] = {
    Disposition.ANSWERED: "is answered by {who}",
    Disposition.ANSWERING_SERVICE: "goes to the answering service",
    Disposition.VOICEMAIL: "ends with a message",
    Disposition.CALLBACK: "ends with a call-back asked for",
}


class CaseFault(Exception):  # noqa: N818 (what is said of the case)
    """The case cannot be kept; the text says why."""


@dataclass(frozen=True, slots=True)
class Heading:
    """What a case is called, and the zone its time is written in."""

    name: str
    zone: ZoneInfo


def suggested_name(record: CallRecord) -> str:
    """A sentence that says what the call shows."""
    call = record.call
    how = _SPOKEN.get(call.disposition, "is not answered").format(who=call.answered_by or "somebody")
    return f"A call on the {call.line} line, {call.priority}, {how}"


def drafted(record: CallRecord, played: Mapping[str, Any], told: Heading, book: FlowBook) -> str:
    """The case as YAML, one entry of a file of cases."""
    return "".join(f"{line}\n" for line in _lines(record, played, told, book))


def _lines(record: CallRecord, played: Mapping[str, Any], told: Heading, book: FlowBook) -> Iterator[str]:
    call = record.call
    began = local_time(call.started_at, zone=told.zone)
    yield f"  - name: {_quoted(told.name)}"
    yield f"    line: {call.line}"
    # In the hour that comes twice, the second time is written with its offset.
    offset = f" {began.isoformat()[-6:]}" if began.fold else ""
    yield f"    at: {began:%Y-%m-%d %H:%M}{offset}"
    if book.callers.client(call.caller) is not None:
        yield f"    caller: {_quoted(call.caller)}"
    if keys := _keys(played["keys"]):
        yield f"    keys: {_quoted(keys)}"
    if answers := _answers(record):
        yield f"    parties: {{{', '.join(f'{_plain(name)}: {answer}' for name, answer in answers.items())}}}"
    if not played["message"] and any(line["kind"] == "beep" for line in played["lines"]):
        yield "    message: none"
    yield "    expect:"
    yield from _expected(record)


def _expected(record: CallRecord) -> Iterator[str]:
    call = record.call
    yield f"      rings: [{', '.join(map(_plain, _rung(record)))}]"
    if call.answered_by:
        yield f"      answered_by: {_plain(call.answered_by)}"
    yield f"      priority: {call.priority}"
    if call.disposition in _ENDINGS:
        yield f"      ends: {_ENDINGS[call.disposition]}"


def _rung(record: CallRecord) -> list[str]:
    """Everybody rung, in order; several numbers of one person in a row count once."""
    rung: list[str] = []
    for leg in record.legs:
        if rung[-1:] != [leg.party]:
            rung.append(leg.party)
    return rung


def _answers(record: CallRecord) -> dict[str, str]:
    """What each party did, the first time, the second, and so on."""
    found: dict[str, list[Answer]] = {}
    for leg in record.legs:
        answer = _ANSWERS[leg.outcome]
        if answer is not None:
            found.setdefault(leg.party, []).append(answer)
    found = {name: answers for name, answers in found.items() if set(answers) != {Answer.ACCEPT}}
    return {
        name: str(answers[0]) if len(set(answers)) == 1 else f"[{', '.join(answers)}]"
        for name, answers in found.items()
    }


def _keys(keys: list[str]) -> str:
    """One entry a prompt; silence at the end need not be written."""
    while keys and keys[-1] == "-":
        keys = keys[:-1]
    if all(len(key) == 1 for key in keys):
        return "".join(keys)
    return ", ".join(key if len(key) == 1 else f"{key}#" for key in keys)


def _quoted(text: str) -> str:
    # What JSON writes in quotes, YAML reads as the same words.
    return json.dumps(text, ensure_ascii=False)


def _plain(name: str) -> str:
    """A name as it is, where YAML cannot take it for anything else."""
    return name if all(each.isalnum() or each in " -" for each in name) and name[:1].isalpha() else _quoted(name)


def checked(text: str, snapshot: Snapshot) -> str:
    """Why the case fails when it is played on the configuration in force; empty when it passes."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / FILE
        path.parent.mkdir(parents=True)
        path.write_text(_HEAD + text, encoding="utf-8")
        problems = rehearse(read_cases(Path(folder)), snapshot).problems
    return problems[0].message if problems else ""


def keep(services: Services, text: str, name: str, *, by: str) -> None:
    """Write the case with those kept before. Raises CaseFault."""
    if not 0 < len(name) <= _LONGEST_NAME:
        raise CaseFault("Say in a sentence what the case shows.")
    folder = services.settings.config_dir
    if any(case.wanted.name == name for case in read_cases(folder).cases):
        raise CaseFault("There is a case of this name. Say how this one differs.")
    path = folder / FILE
    try:
        before = path.read_text(encoding="utf-8") if path.exists() else _HEAD
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(".new")
        fresh.write_text(f"{before.rstrip()}\n{'' if before is _HEAD else chr(10)}{text}", encoding="utf-8")
        fresh.replace(path)
    except OSError as fault:
        raise CaseFault(f"{FILE} cannot be written: {fault.strerror}.") from fault
    services.store.audit.write(
        AuditEntry(at=services.clock.now(), actor=by, action="case_kept", subject=FILE, detail={"name": name})
    )
