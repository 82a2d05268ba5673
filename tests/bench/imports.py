"""What importing the application costs, in a new process, beside the libraries that any program of its kind imports.

Counted in CPU seconds, which other work on the machine changes least, and with compiled files in place, as installed.
"""

import os
import resource
import subprocess
import sys
from pathlib import Path
from statistics import median

from tests.bench.servers import ROOT

ROUNDS = 9
_PROGRAMS = {
    "flask, twilio, sqlalchemy": (
        "import flask, sqlalchemy; from twilio.request_validator import RequestValidator; "
        "from twilio.twiml.voice_response import VoiceResponse"
    ),
    "the web application": "import app.web.factory",
}


def measure(folder: Path) -> dict[str, float]:
    """CPU seconds of each import, the start of the interpreter included: medians, taken in turn."""
    environ = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONPYCACHEPREFIX": str(folder / "compiled")}
    environ.pop("PYTHONDONTWRITEBYTECODE", None)
    rounds: dict[str, list[float]] = {name: [] for name in _PROGRAMS}
    for each in range(ROUNDS + 1):
        for name, program in _PROGRAMS.items():
            took = _cpu_seconds(program, environ, folder)
            if each:  # the first round compiles
                rounds[name].append(took)
    return {name: median(took) for name, took in rounds.items()}


def print_figures(figures: dict[str, float]) -> None:
    """One line for each, and their ratio."""
    reference, application = figures.values()
    print("Import in a new process, CPU; medians of rounds, taken in turn.\n")
    for name, seconds in figures.items():
        print(f"{name:28}{seconds * 1e3:9.0f} ms")
    print(f"{'ratio':28}{application / reference:9.2f}")


def _cpu_seconds(program: str, environ: dict[str, str], folder: Path) -> float:
    before = _used()
    subprocess.run([sys.executable, "-c", program], check=True, cwd=folder, env=environ)  # noqa: S603 (our own code)
    return _used() - before


def _used() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return children.ru_utime + children.ru_stime
