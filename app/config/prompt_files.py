"""What the files in ivr_flows/prompts/ may say: what is heard in one language, and what may stand in braces there."""

import re
from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from app.config.flow_words import LanguageTag, Name, Text
from app.config.validation import Strict
from app.flow.standard import (
    ACCEPT,
    CALLBACK_ACCEPT,
    CALLBACK_ACCEPT_AGAIN,
    QUEUE_BEFORE,
    QUEUE_ESTIMATE,
    TICKET_STATUS,
    UPDATE_DUE,
    UPDATE_KEPT,
    UPDATE_OVERDUE,
    UPDATE_UNCHANGED,
)

PLACEHOLDERS = ("opens_at", "holiday", "ticket", "line", "callback_number")
TICKET_PLACEHOLDERS = ("open_ticket", "ticket_status", "ticket_priority", "ticket_updated")
ACCEPT_PLACEHOLDERS = ("line", "priority", "waited", "language", "client")
_BRACES = re.compile(r"\{([^{}]*)\}|[{}]")
_MORE_PLACEHOLDERS: Mapping[str, tuple[str, ...]] = {
    TICKET_STATUS: TICKET_PLACEHOLDERS,
    QUEUE_BEFORE: ("callers_before",),
    QUEUE_ESTIMATE: ("estimate",),
    UPDATE_DUE: ("priority", "due"),
    UPDATE_OVERDUE: ("priority", "due"),
    UPDATE_KEPT: ("due",),
    UPDATE_UNCHANGED: ("due",),
}


def unknown_placeholders(name: str, text: str) -> tuple[str, ...]:
    """Return every placeholder or stray brace in a prompt's text that cannot be filled."""
    allowed = placeholders(name)
    return tuple(found.group() for found in _BRACES.finditer(text) if found.group(1) not in allowed)


def placeholders(name: str) -> tuple[str, ...]:
    """Return what may stand in braces in the prompt of that name; the accept prompt is spoken to staff."""
    if name in {ACCEPT, CALLBACK_ACCEPT, CALLBACK_ACCEPT_AGAIN}:
        return ACCEPT_PLACEHOLDERS
    return PLACEHOLDERS + _MORE_PLACEHOLDERS.get(name, ())


class PromptsFile(Strict):
    """ivr_flows/prompts/<language>.yaml: what callers hear in one language."""

    language: LanguageTag
    """the language with its country, such as en-US"""
    voice: Annotated[str, Field(min_length=1)] | None = None
    """the voice that speaks (default: the telephone company's own)"""
    prompts: Annotated[dict[Name, Text], Field(min_length=1)]
    """the words by prompt name"""
