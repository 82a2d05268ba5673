"""A copy of the last good configuration files on this machine, for a process that starts while the files are bad.

It keeps bytes and names; whether they are good is for others to say.
"""

import json
import os
from base64 import b64decode, b64encode
from pathlib import Path
from tempfile import NamedTemporaryFile

from app.config.folder import Files


class LastGood:
    """The copy, as one file at `path`. A copy that cannot be read or written is as good as none."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def keep(self, files: Files) -> None:
        """Replace the copy as a whole; several processes may do so at once. Raises OSError when it cannot."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps({name: b64encode(data).decode() for name, data in files.contents.items()})
        with NamedTemporaryFile("w", dir=self._path.parent, prefix=".last-good-", delete=False) as fresh:
            fresh.write(text)
            fresh.flush()
            os.fsync(fresh.fileno())
        Path(fresh.name).replace(self._path)

    def read(self) -> Files | None:
        """The files of the copy, or None."""
        try:
            kept = json.loads(self._path.read_text())
            return Files({name: b64decode(data) for name, data in kept.items()})
        except (OSError, ValueError, AttributeError, TypeError):
            return None
