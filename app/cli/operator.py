"""Who gives a command, for the audit log: whoever is signed in on this machine, unless they say their name."""

import getpass

import click


def operator() -> str:
    """The name under which somebody at this machine is written into the audit log."""
    try:
        return f"command:{getpass.getuser()}"
    except (KeyError, OSError):
        return "command"  # an account without a name, as in some containers


BY_OPTION = click.option(
    "--by",
    default=operator,
    show_default="whoever is signed in here",
    help="Whose name stands in the audit log.",
)
