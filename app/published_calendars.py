"""Keeps people's own calendars up to date in what is published: fetched by one clock process, published for all."""

from pathlib import Path

import structlog

from app.config.folder import Files, read_folder
from app.config.problems import ConfigError
from app.publishing import Deed, Publishing
from app.services import Services
from app.store import NotTheNewest, PublicationKind, StoreUnavailable
from app.time_off_feeds import Fetch, pull_calendars

AUTHOR = "time_off_calendars"
FOLDER = "published"
_log = structlog.get_logger(__name__)


def publish_calendars(services: Services, *, fetch: Fetch | None = None) -> bool:
    """Fetch the calendars that are published, and publish those that changed; return whether any was.

    Nothing where nothing is published: then each machine keeps them in its own folder.
    """
    at, publishing = services.clock.now(), Publishing(services.store)
    try:
        newest = services.store.publications.newest()
        if newest is None or newest.revision is None:
            return False
        folder = services.settings.instance_dir / FOLDER
        write_out(publishing.files(newest.revision), folder)
        if not pull_calendars(folder, at=at, fetch=fetch):
            return False
        draft = publishing.draft_of_files(read_folder(folder), at=at)
        why = "people's own calendars have changed"
        deed = Deed(by=AUTHOR, at=at, message=why, kind=PublicationKind.CALENDARS, allow_gaps=why)
        return publishing.publish(draft, deed).revision != newest.revision
    except (StoreUnavailable, NotTheNewest, ConfigError, OSError) as fault:
        # It is done the next time; an edit that somebody has just published comes first.
        _log.warning("calendars_not_published", reason=type(fault).__name__)
        return False


def write_out(files: Files, folder: Path) -> None:
    """Make `folder` hold these files and no others. What is as it should be keeps its time of change."""
    for name in read_folder(folder).contents:
        if name not in files.contents:
            (folder / name).unlink()
    for name, data in files.contents.items():
        path = folder / name
        if not path.exists() or path.read_bytes() != data:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
