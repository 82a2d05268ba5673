"""The digest of everything that happened in a world: the same for equal values, in any process."""

import hashlib
import pickle
from io import BytesIO


class Digest:
    """Takes in plain values one after another."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()

    def add(self, value: object) -> None:
        """Take in a value made of texts, numbers, instants and frozen objects of ours, in order."""
        packed = BytesIO()
        pickler = pickle.Pickler(packed, protocol=5)
        # Otherwise it would matter whether two equal texts are one and the same object.
        pickler.fast = True
        pickler.dump(value)
        self._hash.update(packed.getvalue())

    def told(self) -> str:
        """What all of it comes to, in 64 hexadecimal digits."""
        return self._hash.hexdigest()
