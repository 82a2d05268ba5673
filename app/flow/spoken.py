"""Turns values into words a caller hears: times, names of lines, ticket numbers, in the caller's language.

It knows no prompts; it fills the placeholders that prompts may use.
"""

from datetime import datetime, timedelta, tzinfo

WORDS = {
    "en": {
        "days": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
        "months": (
            *("January", "February", "March", "April", "May", "June", "July"),
            *("August", "September", "October", "November", "December"),
        ),
        "today": "today at {time}",
        "tomorrow": "tomorrow, {day}, at {time}",
        "this_week": "{day} at {time}",
        "later": "{day}, {month} {date}, at {time}",
        "unknown_time": "on the next business day",
        "no_ticket": "being assigned",
        "emergency": "emergency",
        "high": "high priority",
        "medium": "medium priority",
        "low": "low priority",
    },
    "es": {
        "days": ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"),
        "months": (
            *("enero", "febrero", "marzo", "abril", "mayo", "junio", "julio"),
            *("agosto", "septiembre", "octubre", "noviembre", "diciembre"),
        ),
        "today": "hoy a {time}",
        "tomorrow": "mañana, {day}, a {time}",
        "this_week": "el {day} a {time}",
        "later": "el {day} {date} de {month} a {time}",
        "unknown_time": "el próximo día hábil",
        "no_ticket": "en trámite",
        "emergency": "emergencia",
        "high": "prioridad alta",
        "medium": "prioridad media",
        "low": "prioridad baja",
    },
}


def word(name: str, language: str) -> str:
    """A fixed word or phrase of the service in `language` (English where it has none)."""
    return str(WORDS.get(language, WORDS["en"])[name])


def moment(instant: datetime | None, *, at: datetime, zone: tzinfo, language: str) -> str:
    """When something happens, as one would say it at `at` to somebody in `zone`."""
    if instant is None:
        return word("unknown_time", language)
    words = WORDS.get(language, WORDS["en"])
    local, today = instant.astimezone(zone), at.astimezone(zone).date()
    days_ahead = (local.date() - today) // timedelta(days=1)
    pattern = {0: "today", 1: "tomorrow"}.get(days_ahead, "this_week" if days_ahead < len(words["days"]) else "later")
    return str(words[pattern]).format(
        time=_clock_time(local, language),
        day=words["days"][local.weekday()],
        month=words["months"][local.month - 1],
        date=local.day,
    )


def digits(number: int | str | None, language: str) -> str:
    """A number read digit by digit."""
    return word("no_ticket", language) if number is None else " ".join(str(number))


def waited(seconds: int, language: str) -> str:
    """A waiting time, rounded as people do: "20 seconds", "3 minutes"."""
    minute = 60
    if seconds < minute:
        rounded = max(5, round(seconds / 5) * 5)
        return f"{rounded} segundos" if language == "es" else f"{rounded} seconds"
    minutes = seconds // minute
    unit = ("minuto" if language == "es" else "minute") + ("" if minutes == 1 else "s")
    return f"{minutes} {unit}"


def _clock_time(local: datetime, language: str) -> str:
    hour, minute = local.hour % 12 or 12, f":{local.minute:02}" if local.minute else ""
    if language == "es":
        part = "de la mañana" if local.hour < 12 else "de la tarde"  # noqa: PLR2004 (noon)
        return f"{'la' if hour == 1 else 'las'} {hour}{minute} {part}"
    return f"{hour}{minute} {'AM' if local.hour < 12 else 'PM'}"  # noqa: PLR2004 (noon)
