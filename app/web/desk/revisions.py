"""Configurations as they were published, and what is in force; going back to one, publishing the folder, ending it.

What an edit changes is shown first, and only what was shown is carried out.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from http import HTTPMethod, HTTPStatus
from typing import Final

from flask import Response, request
from flask.typing import ResponseReturnValue

from app.accounts import OVERSEERS
from app.config.problems import ConfigError
from app.publishing import Deed, Draft, HasGaps, NoSuchPublication, Publishing
from app.running import running
from app.services import Services
from app.store import NotTheNewest, Publication, PublicationKind
from app.web.desk import states
from app.web.desk.admin import drawn
from app.web.desk.doors import Page, visitor
from app.web.desk.notices import back_to
from app.web.desk.revision_words import blocks, changes_in

_HERE: Final = "/desk/revisions"
_LONGEST: Final = 300
_LARGEST: Final = 2**31 - 1
_MEANWHILE: Final = "Something else has come into force meanwhile. This is what would change now: look at it again."
_SAY_WHY: Final = "Say why, for whoever reads the history."
_GAPS: Final = "An emergency would reach nobody at these times: say why it is to be published all the same."


def pages(services: Services) -> tuple[Page, ...]:
    """The history, one entry of it, and what can be brought into force. Publishing is a right of supervisors."""
    revisions, post = _Revisions(services), HTTPMethod.POST
    one, back, publish = "/revisions/<int:number>", "/revisions/<int:number>/back", "/revisions/publish"
    return (
        Page(rule="/revisions", name="revisions", view=revisions.show, roles=OVERSEERS),
        Page(rule=one, name="revision", view=revisions.one, roles=OVERSEERS),
        Page(rule=back, name="look_back", view=revisions.look_back, roles=OVERSEERS),
        Page(rule=back, name="go_back", view=revisions.go_back, roles=OVERSEERS, method=post),
        Page(rule=publish, name="look_at_folder", view=revisions.look_at_folder, roles=OVERSEERS),
        Page(rule=publish, name="publish_folder", view=revisions.publish_folder, roles=OVERSEERS, method=post),
        Page(rule="/revisions/stop", name="stop_publishing", view=revisions.stop, roles=OVERSEERS, method=post),
    )


@dataclass(frozen=True, slots=True)
class _Proposal:
    """Something that may be brought into force: what it is called, where it is looked at, and how to have it."""

    title: str
    sub: str
    to: str
    kind: PublicationKind
    draft: Callable[[], Draft]


@dataclass(frozen=True, slots=True)
class _Revisions:
    """Each page by its name."""

    services: Services

    def show(self, fault: str = "") -> str:
        before = request.args.get("before", "")
        limit = min(int(before), _LARGEST) if before.isascii() and before.isdigit() and len(before) <= 10 else None  # noqa: PLR2004 (digits of the largest)
        publications, config = self.services.store.publications, self.services.config
        length = self.services.lengths.revisions_page
        found = publications.page(length + 1, before=limit)
        return drawn(
            "revisions.html",
            "revisions",
            newest=publications.newest(),
            found=[(each, changes_in(each.difference)) for each in found[:length]],
            older=f"{_HERE}?before={found[length - 1].number}" if len(found) > length else "",
            first=_HERE if limit is not None else "",
            current=config.current(),
            published=config.published,
            refused=config.fault,
            processes=running(self.services),
            fault=fault,
        )

    def one(self, number: int) -> ResponseReturnValue:
        entry, newest = self._entry(number), self.services.store.publications.newest()
        if entry is None:
            return states.not_found("publication")
        is_in_force = newest is not None and newest.number == entry.number and entry.revision is not None
        can_go_back = entry.revision is not None and not (newest and newest.revision == entry.revision)
        return drawn(
            "revision.html",
            "revisions",
            entry=entry,
            blocks=blocks(entry.difference),
            is_in_force=is_in_force,
            can_go_back=can_go_back,
        )

    def look_back(self, number: int) -> ResponseReturnValue:
        proposal = self._going_back(number)
        return states.not_found("publication") if proposal is None else self._looked_at(proposal)

    def go_back(self, number: int) -> ResponseReturnValue:
        proposal = self._going_back(number)
        return states.not_found("publication") if proposal is None else self._carried_out(proposal)

    def look_at_folder(self) -> ResponseReturnValue:
        return self._looked_at(self._of_folder())

    def publish_folder(self) -> ResponseReturnValue:
        return self._carried_out(self._of_folder())

    def stop(self) -> ResponseReturnValue:
        because = _words("because")
        if not because:
            return self.show(_SAY_WHY), HTTPStatus.UNPROCESSABLE_ENTITY
        try:
            self._publishing().stop(replace(self._deed(because), kind=PublicationKind.STOPPED))
        except NotTheNewest:
            return self.show("Somebody else has published meanwhile."), HTTPStatus.CONFLICT
        return back_to(_HERE, "publishing_stopped")

    def _looked_at(self, proposal: _Proposal, fault: str = "") -> ResponseReturnValue:
        try:
            draft = proposal.draft()
        except ConfigError as error:
            return drawn("revision_draft.html", "revisions", it=proposal, draft=None, problems=error.problems)
        return self._shown(proposal, draft, fault)

    def _shown(self, proposal: _Proposal, draft: Draft, fault: str = "") -> str:
        return drawn(
            "revision_draft.html",
            "revisions",
            it=proposal,
            draft=draft,
            blocks=blocks("\n".join(draft.difference)),
            mark=_mark(draft),
            because=_words("because"),
            fault=fault,
            problems=(),
        )

    def _carried_out(self, proposal: _Proposal) -> ResponseReturnValue:
        """What was shown, and nothing else."""
        try:
            draft = proposal.draft()
        except ConfigError:
            return self._looked_at(proposal), HTTPStatus.CONFLICT  # type: ignore[return-value] # a page and its status
        because, gaps = _words("because"), _words("allow_gaps")
        if request.form.get("mark") != _mark(draft):
            return self._shown(proposal, draft, _MEANWHILE), HTTPStatus.CONFLICT
        if not because:
            return self._shown(proposal, draft, _SAY_WHY), HTTPStatus.UNPROCESSABLE_ENTITY
        deed = replace(self._deed(because), kind=proposal.kind, allow_gaps=gaps or None)
        try:
            self._publishing().publish(draft, deed)
        except HasGaps:
            return self._shown(proposal, draft, _GAPS), HTTPStatus.UNPROCESSABLE_ENTITY
        except NotTheNewest:
            return self._shown(proposal, proposal.draft(), _MEANWHILE), HTTPStatus.CONFLICT
        return _done()

    def _going_back(self, number: int) -> _Proposal | None:
        entry, publishing = self._entry(number), self._publishing()
        if entry is None or entry.revision is None:
            return None
        revision, at = entry.revision, self.services.clock.now()

        def draft() -> Draft:
            try:
                return publishing.draft_of_revision(revision, at=at)
            except NoSuchPublication as fault:  # its whole name is known: it is one of another that begins so
                raise ConfigError([]) from fault

        return _Proposal(
            title=f"Go back to revision {revision}",
            sub=f"As {entry.author} published it. The folder it came from stays as it is: mend it before you publish.",
            to=f"{_HERE}/{number}/back",
            kind=PublicationKind.ROLLED_BACK,
            draft=draft,
        )

    def _of_folder(self) -> _Proposal:
        folder, publishing, at = self.services.settings.config_dir, self._publishing(), self.services.clock.now()
        return _Proposal(
            title="Publish the folder",
            sub="The files on the machine that shows this page, brought into force on all machines.",
            to=f"{_HERE}/publish",
            kind=PublicationKind.PUBLISHED,
            draft=lambda: publishing.draft_of_folder(folder, at=at),
        )

    def _entry(self, number: int) -> Publication | None:
        if not 0 < number < _LARGEST:
            return None
        found = self.services.store.publications.page(1, before=number + 1)
        return next((each for each in found if each.number == number), None)

    def _publishing(self) -> Publishing:
        return Publishing(self.services.store)

    def _deed(self, because: str) -> Deed:
        return Deed(by=visitor().name, at=self.services.clock.now(), message=because)


def _done() -> Response:
    return back_to(_HERE, "published")


def _words(name: str) -> str:
    text = " ".join(request.form.get(name, "").split())[:_LONGEST]
    return text if text.isprintable() else ""


def _mark(draft: Draft) -> str:
    """What was shown: these files, held against what was in force."""
    return f"{draft.snapshot.revision} after {draft.before.number if draft.before else 0}"
