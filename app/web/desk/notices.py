"""What is said at the top of the next page of what was just done. Only sentences of ours can be said so."""

from collections.abc import Mapping
from types import MappingProxyType

from flask import Response, g, redirect, request

COOKIE = "desk-notice"
NOTICES: Mapping[str, str] = MappingProxyType(
    {
        "acknowledged": "You have this ticket now.",
        "yours": "This ticket was yours already.",
        "taken": "Somebody else was quicker: this ticket is taken.",
        "told": "Added to the history.",
        "changed": "The ticket was changed.",
        "unchanged": "Nothing was changed: the ticket was the same before.",
        "stale": "The ticket was changed by somebody else meanwhile. Look at it again, then decide.",
        "closed": "The ticket is closed: reopen it first.",
        "merged": "The ticket was merged. Its calls and history are with the other one.",
        "linked": "The tickets name each other now.",
        "nothing": "There was nothing to add.",
        "no_person": "Your account is not somebody in schedules/staff.yaml, so it cannot have tickets.",
        "claimed": "The message is yours.",
        "claimed_by_another": "Somebody else has this message: nothing was changed.",
        "released": "The message is open to everybody again.",
        "not_yours": "You do not have this message: nothing was changed.",
        "not_theirs": "Somebody else has this message by now, or nobody: nothing was changed.",
        "tried": "Noted on the ticket. The message stays with you until it is done.",
        "message_done": "Done. What came of it stands on the ticket.",
        "message_resolved": "Done, and the ticket is resolved.",
        "message_done_only": "Done. The ticket could not be resolved from here: look at it.",
        "noted": "Added to the call.",
        "view_kept": "The view is kept: you find it above the filters.",
        "view_forgotten": "The view is forgotten. The calls are as they were.",
        "password": "Your password was changed. Your other sessions have ended.",
        "factor_on": "From now on a code of your app is asked for.",
        "factor_off": "No code is asked for any more.",
        "session_ended": "The session has ended.",
        "sessions_ended": "The sessions have ended.",
        "token_revoked": "The token is revoked: it opens nothing any more.",
        "order_retried": "It will be tried again now.",
        "orders_retried": "All of them will be tried again now.",
        "order_put_aside": "It is put aside, with your reason in the audit log.",
        "order_not_dead": "Somebody was quicker: it was not given up any more.",
        "published": "Published. Every process takes it within seconds.",
        "publishing_stopped": "Nothing is published any more: each machine runs on its own folder within seconds.",
        "duty_changed": "Done. It stands below, and counts for calls from now on.",
        "duty_ended": "The change has ended.",
        "time_off_noted": "Your time off is noted.",
        "swap_asked": "Asked. Nothing changes before they accept.",
        "swap_accepted": "Accepted: the turns have changed hands.",
        "swap_declined": "Declined. Everybody keeps their turns.",
        "swap_withdrawn": "Withdrawn. Everybody keeps their turns.",
        "feed_ended": "The address of the calendar is dead.",
        "account_changed": "The account was changed.",
        "case_kept": "The case is kept in ivr_flows/cases/phone.yaml. `ivr check` plays it from now on.",
        "signed_out": "You are signed out.",
        "desk_by_hand": "Done: callers are led so from now on.",
        "desk_by_calendar": "Business hours count again.",
        "desk_changed": "Somebody else opened or closed the desk meanwhile. Look again, then decide.",
        "desk_refused": "That needs a reason, and an end within 24 hours.",
        "call_sent_on": "The call goes on to its next step.",
        "call_rings_you": "Your phone rings in a moment: press 1 to take the call.",
        "call_late": "Too late: the call was taken, has gone on, or is over.",
        "call_again": "Somebody has sent this call on already.",
        "call_picked_up": "Somebody has just picked up, or the phone is only being rung. Look again in a moment.",
        "call_engaged": "You are on the phone, or it rings already.",
        "call_no_phone": "Your account has no phone in schedules/staff.yaml that could be rung.",
    }
)


def back_to(path: str, notice: str) -> Response:
    """Leads to a page that says the notice, once."""
    answer = redirect(path, 303)
    answer.set_cookie(COOKIE, notice, max_age=30, httponly=True, samesite="Lax", path="/")
    return answer  # type: ignore[return-value] # Flask makes its own responses


def taken_notice() -> str:
    """The sentence that was left for this page; it is said once."""
    if COOKIE not in request.cookies:
        return ""
    g.notice_taken = True
    return NOTICES.get(request.cookies[COOKIE], "")
