"""What is said at the top of the next page of what was just done. Only sentences of ours can be said so."""

from collections.abc import Mapping
from types import MappingProxyType

from flask import Response, g, redirect, request

from app.callbacks import HINDRANCES

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
        "linked": "The two tickets are linked.",
        "nothing": "There was nothing to add.",
        "no_person": "Your account is nobody in schedules/staff.yaml, so tickets cannot be assigned to it.",
        "claimed": "The message is yours.",
        "claimed_by_another": "Somebody else has this message: nothing was changed.",
        "released": "The message is open to everybody again.",
        "not_yours": "You do not have this message: nothing was changed.",
        "not_theirs": "Somebody else has this message by now, or nobody: nothing was changed.",
        "tried": "Noted on the ticket. The message stays with you until it is done.",
        "callback_rings": "Your phone rings in a moment: press 1 to call them.",
        "callback_before": "The call-back came to an end meanwhile: look at what came of it, then press again.",
        "callback_unknown": "There is no such message.",
        **{f"callback_{each.value}": sentence for each, sentence in HINDRANCES.items()},
        "message_done": "Done. The outcome is on the ticket.",
        "message_resolved": "Done, and the ticket is resolved.",
        "message_done_only": "Done. The ticket could not be resolved from here: look at it.",
        "noted": "Added to the call.",
        "view_kept": "The view is saved. You find it above the filters.",
        "view_forgotten": "The view is deleted. The calls are as they were.",
        "password": "Your password was changed. Your other sessions have ended.",
        "factor_on": "From now on signing in asks for a code from your app.",
        "factor_off": "Signing in no longer asks for a code.",
        "session_ended": "The session has ended.",
        "sessions_ended": "The sessions have ended.",
        "token_revoked": "The token is revoked: it opens nothing any more.",
        "order_retried": "It will be tried again now.",
        "orders_retried": "All of them will be tried again now.",
        "order_put_aside": "Put aside. Your reason is in the audit log.",
        "order_not_dead": "Somebody was quicker: it is being tried again already.",
        "published": "Published. Every process takes it within seconds.",
        "publishing_stopped": "Publishing has ended: within seconds each machine runs on its own folder.",
        "duty_changed": "Done. It stands below, and counts for calls from now on.",
        "duty_ended": "The change has ended.",
        "time_off_noted": "Your time off is noted.",
        "swap_asked": "Asked. Nothing changes before they accept.",
        "swap_accepted": "Accepted: the turns have changed hands.",
        "swap_declined": "Declined. Everybody keeps their turns.",
        "swap_withdrawn": "Withdrawn. Everybody keeps their turns.",
        "feed_ended": "The calendar's address no longer works.",
        "account_changed": "The account was changed.",
        "case_kept": "The case is kept in ivr_flows/cases/phone.yaml. `ivr check` plays it from now on.",
        "signed_out": "You are signed out.",
        "desk_by_hand": "Done. It counts for every call from now on.",
        "desk_by_calendar": "Business hours count again.",
        "desk_changed": "Somebody else opened or closed the desk meanwhile. Look again, then decide.",
        "desk_refused": "That needs a reason, and an end within 24 hours.",
        "call_sent_on": "The call goes on to its next step.",
        "call_rings_you": "Your phone rings in a moment: press 1 to take the call.",
        "call_late": "Too late: the call was taken, has gone on, or is over.",
        "call_again": "Somebody has sent this call on already.",
        "call_picked_up": "Somebody has just picked up, or the phone is only being rung. Look again in a moment.",
        "call_engaged": "You are on the phone, or it rings already.",
        "call_rang": "Your phone has rung for this caller just now. Wait for the next step of the call.",
        "call_in_turn": "One phone rings after another for this call, and nobody can join in. Try its next step.",
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
