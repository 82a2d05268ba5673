"""The `ivr` command. Each subcommand lives in a module of its own, loaded only when it is asked for."""

import logging
from importlib import import_module

import click

from app.logs import configure_logs

COMMANDS = {
    "call": "app.cli.call:call",
    "check": "app.cli.check:check",
    "clock": "app.cli.processes:clock",
    "coverage": "app.cli.coverage:coverage",
    "db": "app.cli.database:db",
    "diff": "app.cli.diff:diff",
    "doctor": "app.cli.doctor:doctor",
    "exchange": "app.cli.exchange:exchange",
    "fallback": "app.cli.fallback:fallback",
    "feed": "app.cli.feed:feed",
    "handovers": "app.cli.handovers:handovers_now",
    "line": "app.cli.line:line",
    "oncall": "app.cli.duty:oncall_now",
    "outbox": "app.cli.outbox:outbox",
    "provision": "app.cli.provision:provision",
    "publish": "app.cli.publish:publish",
    "reconcile": "app.cli.reconcile:reconcile",
    "revisions": "app.cli.revisions:revisions",
    "rollback": "app.cli.publish:rollback",
    "serve": "app.cli.processes:serve",
    "shifts": "app.cli.shifts:shifts",
    "ticket": "app.cli.tickets:ticket",
    "tickets": "app.cli.tickets:tickets",
    "token": "app.cli.access:token",
    "user": "app.cli.user:user",
    "voicemail": "app.cli.voicemail:voicemail",
    "web": "app.cli.processes:web",
}


class _OnDemand(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        command = getattr(import_module(module), name)
        return command if isinstance(command, click.Command) else None


@click.group(cls=_OnDemand, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
def main() -> None:
    """Telephony IVR and on-call routing for the OffSite service desk."""
    # A command prints what it was asked for; the long-running ones set up their own logging.
    configure_logs("console", level=logging.WARNING, for_good=False)
