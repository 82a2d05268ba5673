"""Runs the soak: `python -m tests.simulation 1..500`."""

import sys

from tests.simulation.soak import main

if __name__ == "__main__":
    sys.exit(main())
