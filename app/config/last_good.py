"""A copy of the last good configuration on this machine, for a process that starts while there is nothing better.

It keeps bytes and names, and whether they were published; whether they are good is for others to say.
"""

import json
import os
from base64 import b64decode, b64encode
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from app.config.folder import Files
from app.config.published import Published


@dataclass(frozen=True, slots=True)
class Copy:
    """The files that were last good, and the publication they came by; None when they came from the folder."""

    files: Files
    published: Published | None = None


class LastGood:
    """The copy, as one file at `path`. A copy that cannot be read or written is as good as none."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def keep(self, files: Files, published: Published | None = None) -> None:
        """Replace the copy as a whole; several processes may do so at once. Raises OSError when it cannot."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(_as_json(Copy(files, published)))
        with NamedTemporaryFile("w", dir=self._path.parent, prefix=".last-good-", delete=False) as fresh:
            fresh.write(text)
            fresh.flush()
            os.fsync(fresh.fileno())
        Path(fresh.name).replace(self._path)

    def read(self) -> Copy | None:
        """The copy, or None."""
        try:
            return _from_json(json.loads(self._path.read_text()))
        except (OSError, ValueError, AttributeError, TypeError, KeyError):
            return None


def _as_json(copy: Copy) -> dict[str, object]:
    published = copy.published
    return {
        "published": published and {"number": published.number, "revision": published.revision},
        "files": {name: b64encode(data).decode() for name, data in copy.files.contents.items()},
    }


def _from_json(kept: dict[str, Any]) -> Copy:
    # Version 0.1 wrote the files alone, each under its path.
    files = kept.get("files", kept)
    published = kept.get("published")
    contents = {name: b64decode(data) for name, data in files.items()}
    if not published:
        return Copy(Files(contents))
    return Copy(Files(contents), Published(number=int(published["number"]), revision=str(published["revision"])))
