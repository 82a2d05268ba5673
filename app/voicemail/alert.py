"""What is told about a message by ways that are not private: that there is one, and nothing of it."""


def voicemail_alert(ticket: int, line: str, seconds: int | None) -> str:
    """The text for the people who are paged. `line` is its title ("main line"); `seconds` None when not known."""
    length = "" if seconds is None else f" of {seconds} s"
    return f"Ticket {ticket}: a message{length} on the {line}. Sign in to listen."
