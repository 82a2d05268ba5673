"""Publishing: a configuration is checked, compared with what is in force, stored, and so comes into force everywhere.

It refuses what would do callers harm. How a publication gets to the processes, others know.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path

from app.config.cases import read_cases
from app.config.duty_time_off import addresses_among
from app.config.folder import Files, read_folder
from app.config.problems import ConfigError, Severity
from app.config.published import Published
from app.config.snapshot import Snapshot, build
from app.coverage import LineGap, sweep
from app.difference import compare, told
from app.published_configurations import PublishedConfigurations
from app.rehearsal import rehearse
from app.store import AuditEntry, Publication, PublicationKind, Store
from app.written import NO_YEAR, Dates, counted, with_place

GUARDED = timedelta(days=90)
COMPARED = timedelta(days=120)
_GAPS_TOLD = 12
_ACTIONS = {
    PublicationKind.PUBLISHED: "configuration_published",
    PublicationKind.CALENDARS: "configuration_published",
    PublicationKind.ROLLED_BACK: "configuration_rolled_back",
    PublicationKind.STOPPED: "publishing_stopped",
}


class HasGaps(Exception):  # noqa: N818 (what it says)
    """An emergency would reach nobody at some time; `gaps` says when and why, a line each."""

    def __init__(self, gaps: tuple[str, ...]) -> None:
        super().__init__("\n".join(gaps))
        self.gaps = gaps


class NoSuchPublication(Exception):  # noqa: N818 (what it says)
    """A text that names no published revision, or more than one; the message says which there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """Good files that may be published, held against the newest publication, `before`.

    `written` names the files without the calendars that are fetched. `gaps` are the times in the next 90 days at which
    an emergency would reach nobody.
    """

    files: Files
    snapshot: Snapshot
    written: str
    before: Publication | None
    difference: tuple[str, ...]
    gaps: tuple[str, ...]

    @property
    def is_in_force(self) -> bool:
        """Whether exactly these files are in force already."""
        return self.before is not None and self.before.revision == self.snapshot.revision


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """Who publishes, when (UTC) and why; `allow_gaps` is the reason to do so although nobody is on call at times."""

    by: str
    at: datetime
    message: str
    kind: PublicationKind = PublicationKind.PUBLISHED
    allow_gaps: str | None = None


@dataclass(frozen=True, slots=True)
class Publishing:
    """Everything that changes what is published. Every method raises StoreUnavailable."""

    store: Store

    def draft_of_folder(self, folder: Path, *, at: datetime) -> Draft:
        """What publishing the folder would do. Calendars that are fetched are taken as they are in force.

        Raises ConfigError with all that `ivr check` refuses, cases included.
        """
        before = self.store.publications.newest()
        files = _with_fetched(read_folder(folder), self._files_of(before))
        snapshot = build(files, loaded_from=str(folder), at=at)
        failed = [each for each in rehearse(read_cases(folder), snapshot).problems if each.severity is Severity.ERROR]
        if failed:
            raise ConfigError(failed)
        return self._draft(files, snapshot, before, at=at)

    def draft_of_files(self, files: Files, *, at: datetime) -> Draft:
        """What publishing these files would do. Raises ConfigError when this program cannot use them."""
        snapshot = build(files, loaded_from="files", at=at)
        return self._draft(files, snapshot, self.store.publications.newest(), at=at)

    def draft_of_revision(self, start: str, *, at: datetime) -> Draft:
        """What going back to a revision would do, which is named by how its name begins.

        Raises NoSuchPublication, or ConfigError when this program cannot use it.
        """
        return self.draft_of_files(self.files(self.revision(start)), at=at)

    def revision(self, start: str) -> str:
        """Return the whole name of a published revision that begins so. Raises NoSuchPublication."""
        found = self.store.publications.named(start.lower()) if start else ()
        if len(found) == 1:
            return found[0]
        if not found:
            raise NoSuchPublication(f"no published revision is called {start!r}; ivr revisions lists them")
        raise NoSuchPublication(f"{start!r} may be any of {', '.join(found)}: write more of it")

    def files(self, revision: str) -> Files:
        """Return the files of a published revision; with a problem where they are not as they were published."""
        return PublishedConfigurations(self.store.publications).files(Published(number=0, revision=revision))

    def publish(self, draft: Draft, deed: Deed) -> Publication:
        """Bring the draft into force, unless it is already; publishing twice changes nothing.

        Raises HasGaps, or NotTheNewest when somebody has published since the draft was made.
        """
        if draft.is_in_force and draft.before is not None:
            return draft.before
        if draft.gaps and not deed.allow_gaps:
            raise HasGaps(draft.gaps)
        difference = [*draft.difference, *_allowed(draft.gaps, deed.allow_gaps)]
        publication = Publication(
            kind=deed.kind,
            revision=draft.snapshot.revision,
            written=draft.written,
            author=deed.by,
            at=deed.at,
            message=deed.message,
            difference="\n".join(difference),
        )
        return self._add(publication, draft.files.contents, draft.before)

    def stop(self, deed: Deed) -> Publication | None:
        """Give their folders back to the machines; None where nothing is published. Raises NotTheNewest."""
        before = self.store.publications.newest()
        if before is None or before.revision is None:
            return None
        stopped = Publication(
            kind=PublicationKind.STOPPED,
            revision=None,
            written=None,
            author=deed.by,
            at=deed.at,
            message=deed.message,
        )
        return self._add(stopped, {}, before)

    def _add(self, publication: Publication, files: Mapping[str, bytes], before: Publication | None) -> Publication:
        number = before.number if before else 0
        entry = AuditEntry(
            at=publication.at,
            actor=publication.author,
            action=_ACTIONS[publication.kind],
            subject=f"configuration:{publication.revision or 'none'}",
            detail={"publication": number + 1, "before": (before and before.revision) or "none"},
        )
        return self.store.publications.add(publication, files, after=number, audit=entry)

    def _draft(self, files: Files, snapshot: Snapshot, before: Publication | None, *, at: datetime) -> Draft:
        at = at.replace(second=0, microsecond=0)
        return Draft(
            files=files,
            snapshot=snapshot,
            written=written_of(files),
            before=before,
            difference=tuple(self._difference(before, snapshot, at=at)),
            gaps=tuple(_gaps(snapshot, at=at)),
        )

    def _difference(self, before: Publication | None, snapshot: Snapshot, *, at: datetime) -> Iterator[str]:
        if before is None or before.revision is None:
            yield "Nothing was published, and each machine ran on its own folder."
            return
        try:
            old = build(self.files(before.revision), loaded_from=before.revision)
        except ConfigError:
            yield f"This program cannot read revision {before.revision}, which is in force: no comparison."
            return
        difference = compare(old, snapshot, starts_at=at, ends_at=at + COMPARED)
        yield f"What changes from revision {old.revision} to {snapshot.revision}."
        if difference.changes:
            yield from told(difference, zone=_zone(snapshot))
        else:
            yield "The files differ in nothing that callers or staff would notice from now on."

    def _files_of(self, publication: Publication | None) -> Mapping[str, bytes]:
        if publication is None or publication.revision is None:
            return {}
        return self.store.publications.files(publication.revision)


def written_of(files: Files) -> str:
    """Return the name of what people wrote: the revision of the files without the calendars that are fetched."""
    fetched = {each.file for each in addresses_among(files.contents)}
    return Files({name: data for name, data in files.contents.items() if name not in fetched}).revision


def _with_fetched(files: Files, in_force: Mapping[str, bytes]) -> Files:
    """Fetched calendars belong to no folder: a folder's copy may be old, and one from git has none."""
    fetched = {each.file for each in addresses_among(files.contents)}
    return Files({**files.contents, **{name: in_force[name] for name in fetched & set(in_force)}}, files.problems)


def _allowed(gaps: tuple[str, ...], because: str | None) -> list[str]:
    return [f"\nGaps that are allowed, because: {because}", *gaps] if gaps else []


def _gaps(snapshot: Snapshot, *, at: datetime) -> Iterator[str]:
    found = sweep(snapshot, starts_at=at, ends_at=at + GUARDED).gaps
    dates = Dates(_zone(snapshot), NO_YEAR)
    for gap in found[:_GAPS_TOLD]:
        yield _gap(gap, snapshot, dates)
    if len(found) > _GAPS_TOLD:
        yield f"  and {counted(len(found) - _GAPS_TOLD, 'more gap')} (ivr coverage lists them all)"


def _gap(gap: LineGap, snapshot: Snapshot, dates: Dates) -> str:
    because = with_place(gap.finding.because, gap.finding.source)
    return f"  {snapshot.book.line(gap.line).title}, {dates.span(gap.starts_at, gap.ends_at)}: {because}"


def _zone(snapshot: Snapshot) -> tzinfo:
    hours = next(iter(snapshot.roster.hours.values()), None)
    return UTC if hours is None else hours.zone
