"""The clock process: sweeps on a timetable. Each is safe to repeat, and the database says what is due."""

import os
import signal
from datetime import UTC, timedelta

import structlog
from apscheduler.schedulers.blocking import BlockingScheduler

from app import call_work, static_fallback
from app.answering_service_list import send_list
from app.calls import Calls
from app.concierge import sweep_reminders
from app.config.watch import watch
from app.coverage_watch import look_ahead
from app.errands import deliveries, replay
from app.finished_calls import count_finished, count_late
from app.leader import Job, Leader
from app.logs import configure_logs
from app.outbox import DeliveryThread, sweep_orders
from app.paging import sweep_pages
from app.provisioning import has_account
from app.published_calendars import publish_calendars
from app.queue_offers import QueueOffers
from app.reconciliation import Deed, reconcile
from app.reports import keep_figures, keep_words
from app.running import TOLD_EVERY_SECONDS, tell_running
from app.services import Services, wire
from app.settings import read_settings
from app.store import StoreUnavailable
from app.telephony.provider import ProviderError
from app.tickets import sweep_tickets
from app.time_off_feeds import pull_calendars
from app.voicemail import Voicemails

HEARTBEAT_SECONDS = 10
REPLAY_SECONDS = 2
DELIVERY_SECONDS = 1.0
CONFIG_POLL_SECONDS = 2.0
FALLBACK_SECONDS = 30
VOICEMAIL_SECONDS = 600
RECONCILE_SECONDS = 180
TIME_OFF_SECONDS = 900
PAGES_SECONDS = 60
TICKETS_SECONDS = 60
REMINDERS_SECONDS = 30
HANDOVERS_SECONDS = 60
LINE_SECONDS = 1
ORDERS_SECONDS = 600
FINISHED_SECONDS = 15
LATE_SECONDS = 900
DAYS_SECONDS = 20
WORDS_SECONDS = 15
COVERAGE_SECONDS = 60
LONGEST_CALL = timedelta(hours=6)
_log = structlog.get_logger(__name__)


def run_clock() -> None:
    """Runs the clock process until it is asked to stop (SIGTERM or SIGINT)."""
    settings = read_settings(os.environ)
    configure_logs(settings.log_format)
    services = wire(settings)
    leader = Leader(services.store.leadership())
    scheduler = BlockingScheduler(timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1})
    scheduler.add_job(leader.beat, "interval", [services], seconds=HEARTBEAT_SECONDS)
    for job, seconds in EVERYWHERE:
        scheduler.add_job(job, "interval", [services], seconds=seconds)
    for job, seconds in BY_THE_LEADER:
        scheduler.add_job(leader.only(job), "interval", [services], seconds=seconds)
    scheduler.add_job(pull_time_off, args=[services])
    if has_account(settings):
        scheduler.add_job(leader.only(sweep_calls), "interval", [services], seconds=RECONCILE_SECONDS)

    def stop(_signal: int, _frame: object) -> None:
        scheduler.shutdown(wait=False)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    _log.info("clock_started")
    watch(services.config, every_seconds=CONFIG_POLL_SECONDS)
    leader.beat(services)
    keep_fallback(services)
    # Beside the timetable, which one slow delivery would hold up. Web processes deliver what they order at once;
    # this delivers what is due later, and what they left behind.
    delivering = DeliveryThread(deliveries(services), every_seconds=DELIVERY_SECONDS)
    delivering.start()
    scheduler.start()
    leader.resign()
    delivering.stop()
    services.store.close()


def sweep_voicemail(services: Services) -> None:
    """Looks after messages: what does not come, what is not deleted at the provider, retention, old keys."""
    try:
        Voicemails(services).sweep(services.clock.now())
    except StoreUnavailable as fault:
        _log.warning("voicemail_waits", reason=fault.reason)


def reseal_call_work(services: Services) -> None:
    """Seals notes on calls and kept views under the newest key."""
    try:
        call_work.rotate(services)
    except StoreUnavailable as fault:
        _log.warning("call_work_waits", reason=fault.reason)


def deal_line(services: Services) -> None:
    """Offers callers in line to people who are free; what an order has done at once already is found done."""
    try:
        QueueOffers(Calls(services)).deal()
    except StoreUnavailable as fault:
        _log.warning("line_waits", reason=fault.reason)


def pull_time_off(services: Services) -> None:
    """Fetches people's own calendars into the folder; where one changed, the watch takes it live.

    Nothing where something is published: the calendars are part of that.
    """
    if services.config.published is None:
        pull_calendars(services.settings.config_dir, at=services.clock.now())


def keep_fallback(services: Services) -> None:
    """Writes the static fallback document anew when the rota or the configuration has changed what it says."""
    path = services.settings.instance_dir / static_fallback.FILE
    try:
        at = services.clock.now()
        if static_fallback.refresh(
            services.config.current(), path, at=at, quick=services.store.overrides.last_known(at=at)
        ):
            _log.info("fallback_written", path=str(path))
    except OSError as fault:
        _log.warning("fallback_not_written", reason=fault.strerror)


def sweep_calls(services: Services) -> None:
    """Compares the provider's list of calls with ours; what fails is done the next time."""
    try:
        done = reconcile(services, services.telephony)
    except ProviderError as fault:
        _log.warning("reconcile_waits", reason=str(fault))
    except StoreUnavailable as fault:
        _log.warning("reconcile_waits", reason=fault.reason)
    else:
        for settled in done.settled:
            opened = settled.deed is Deed.OPENED
            # A call we never saw may be an emergency nobody was told of.
            tell = _log.error if opened else _log.info
            tell("call_found" if opened else "call_end_found", call_sid=settled.call_sid, ticket=settled.ticket)


def tell_clock(services: Services) -> None:
    """Says what this process runs on."""
    tell_running(services, "clock")


Timetable = tuple[tuple[Job, float], ...]
# What is about its own machine, or itself.
EVERYWHERE: Timetable = (
    (tell_clock, TOLD_EVERY_SECONDS),
    (replay, REPLAY_SECONDS),
    (keep_fallback, FALLBACK_SECONDS),
    (pull_time_off, TIME_OFF_SECONDS),
)
# What one process does for all. Each is safe to repeat, also by two at once.
BY_THE_LEADER: Timetable = (
    (deal_line, LINE_SECONDS),
    (sweep_pages, PAGES_SECONDS),
    (send_list, HANDOVERS_SECONDS),
    (sweep_voicemail, VOICEMAIL_SECONDS),
    (reseal_call_work, VOICEMAIL_SECONDS),
    (publish_calendars, TIME_OFF_SECONDS),
    (sweep_tickets, TICKETS_SECONDS),
    (sweep_reminders, REMINDERS_SECONDS),
    (sweep_orders, ORDERS_SECONDS),
    (count_finished, FINISHED_SECONDS),
    (count_late, LATE_SECONDS),
    (keep_figures, DAYS_SECONDS),
    (keep_words, WORDS_SECONDS),
    (look_ahead, COVERAGE_SECONDS),
)
