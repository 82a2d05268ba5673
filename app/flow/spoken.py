"""Turns values into words a caller hears: times, names of lines, ticket numbers, in the caller's language.

It knows no prompts; it fills the placeholders that prompts may use.
"""

from datetime import datetime, timedelta, tzinfo

# Of hours from 0 to 23, each part up to an hour.
SPANISH_PARTS_OF_A_DAY = ((12, "de la mañana"), (20, "de la tarde"), (24, "de la noche"))

# Until then nobody says how many minutes ago something was, and from an hour on they say the time.
SOME_MINUTES = 2
MINUTES_OF_AN_HOUR = 60

# About how fast the telephone's voices speak.
SECONDS_A_CHARACTER = 0.07

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
        "from": "from",
        "emergency": "emergency",
        "high": "high priority",
        "medium": "medium priority",
        "low": "low priority",
        "new": "waiting for somebody to take it",
        "acknowledged": "taken by the desk",
        "in_progress": "being worked on",
        "waiting": "waiting for your answer",
        "minutes_ago": "{minutes} minutes ago",
        "just_now": "just now",
        "earlier_today": "today at {time}",
        "yesterday": "yesterday at {time}",
        "long_ago": "on {day}, {month} {date}",
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
        "from": "de",
        "emergency": "emergencia",
        "high": "prioridad alta",
        "medium": "prioridad media",
        "low": "prioridad baja",
        "new": "en espera de que alguien lo tome",
        "acknowledged": "en manos de la mesa de servicio",
        "in_progress": "en proceso",
        "waiting": "en espera de su respuesta",
        "minutes_ago": "hace {minutes} minutos",
        "just_now": "hace un momento",
        "earlier_today": "hoy a {time}",
        "yesterday": "ayer a {time}",
        "long_ago": "el {day} {date} de {month}",
    },
}
# The names of languages as staff hear them.
LANGUAGES = {"es": "Spanish"}
# The federal holidays of the United States; one of the desk's own keeps its name.
HOLIDAYS = {
    "es": {
        "New Year's Day": "el Día de Año Nuevo",
        "Martin Luther King Jr. Day": "el Día de Martin Luther King",
        "Washington's Birthday": "el Día de los Presidentes",
        "Memorial Day": "el Día de los Caídos",
        "Juneteenth National Independence Day": "el diecinueve de junio, Día de la Emancipación",
        "Independence Day": "el Día de la Independencia",
        "Labor Day": "el Día del Trabajo",
        "Columbus Day": "el Día de la Raza",
        "Veterans Day": "el Día de los Veteranos",
        "Thanksgiving Day": "el Día de Acción de Gracias",
        "Christmas Eve": "la Nochebuena",
        "Christmas Day": "la Navidad",
    }
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


def past(instant: datetime, *, at: datetime, zone: tzinfo, language: str) -> str:
    """When something happened, as one would say it at `at` to somebody in `zone`."""
    words = WORDS.get(language, WORDS["en"])
    minutes = int((at - instant).total_seconds()) // 60
    local, today = instant.astimezone(zone), at.astimezone(zone).date()
    days_ago = (today - local.date()) // timedelta(days=1)
    if minutes < SOME_MINUTES:
        pattern = "just_now"
    elif minutes < MINUTES_OF_AN_HOUR:
        pattern = "minutes_ago"
    else:
        pattern = {0: "earlier_today", 1: "yesterday"}.get(days_ago, "long_ago")
    return str(words[pattern]).format(
        minutes=minutes,
        time=_clock_time(local, language),
        day=words["days"][local.weekday()],
        month=words["months"][local.month - 1],
        date=local.day,
    )


def holiday(name: str, language: str) -> str:
    """The name of a holiday in `language`; as it is written where it has none there."""
    names, parts = HOLIDAYS.get(language, {}), name.split(" and ")
    return " y ".join(names[each] for each in parts) if all(each in names for each in parts) else name


def in_language(caller: str, *, language: str) -> str:
    """How staff who hear `language` are told that the caller speaks another: ", in Spanish", or nothing."""
    return "" if caller == language else f", in {LANGUAGES.get(caller, caller)}"


def from_client(title: str, language: str) -> str:
    """How staff are told whose call it is, behind the words for a call: " from Example clinic"."""
    return f" {word('from', language)} {title}"


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
        part = next(words for until, words in SPANISH_PARTS_OF_A_DAY if local.hour < until)
        return f"{'la' if hour == 1 else 'las'} {hour}{minute} {part}"
    return f"{hour}{minute} {'AM' if local.hour < 12 else 'PM'}"  # noqa: PLR2004 (noon)
