"""What a telephone voice reads out badly, which keys a text offers, and whether it asks about a patient.

It looks at the words of one prompt in one language; which prompt is spoken where is known elsewhere.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from re import Pattern

ENGLISH, SPANISH = "en", "es"


@dataclass(frozen=True, slots=True)
class Finding:
    """A piece of a text, where it begins in it, and what to do about it."""

    found: str
    begins: int
    remedy: str


@dataclass(frozen=True, slots=True)
class Key:
    """A key that a text tells callers to press, and where."""

    key: str
    begins: int


# Read out badly.


def _alternatives(*words: str) -> str:
    return "|".join(re.escape(word) for word in words)


_DAYS_EN = r"(?:Mon|Tue|Tues|Wed|Thu|Thur|Thurs|Fri|Sat|Sun)(?:day|sday|nesday|rsday|urday)?"
_DAYS_ES = r"(?:lun|mar|mi[eé]|jue|vie|s[aá]b|dom)\w*\.?"
_SHORT_EN = _alternatives("e.g.", "i.e.", "etc.", "approx.", "dept.", "ext.", "vs.", "appt.", "a.k.a.", "tel.", "min.")
_SHORT_ES = _alternatives("p. ej.", "p.ej.", "etc.", "aprox.", "dpto.", "depto.", "Ud.", "Uds.", "Sr.", "Sra.", "tel.")
_DOMAIN = r"(?:com|org|net|co|gov|edu|io|us|mx|info|health)"
_DIGITS = r"(?<![\d.])\+?\(?\d{3,}\)?(?:[\s.-]{0,2}\d{2,})+|(?<![\d.])\d{5,}|\b911\b"

_Rule = tuple[Pattern[str], str]

# The first rule that finds something in a place is the one that is told.
_EVERYWHERE: tuple[_Rule, ...] = (
    (re.compile(r"\S+@\S+\.\w+"), 'say a mail address in words, such as "support at example dot org"'),
    (
        re.compile(rf"(?:https?://|www\.)\S+(?<![.,;:!?])|\b[\w-]+(?:\.[\w-]+)*\.{_DOMAIN}\b(?!\.\w)", re.IGNORECASE),
        'say an address in words, such as "support dot example dot org"',
    ),
    (re.compile(_DIGITS), 'write the digits of a number apart: "8 1 6, 5 5 5, 0 1 0 0"'),
    (re.compile(r"[\U0001F000-\U0001FAFF\u2600-\u27BF\uFE0F]+"), "take the picture out: nobody hears it"),
    (re.compile(r"\b[^\W\d_]{5,}\b"), "write it in small letters: capitals are spelt out letter by letter"),
)
_BY_LANGUAGE: Mapping[str, tuple[_Rule, ...]] = {
    ENGLISH: (
        (re.compile(r"\b24\s?[x/]\s?7\b", re.IGNORECASE), 'write "around the clock"'),
        (re.compile(rf"\b{_DAYS_EN}\.?\s?[-\u2013/]\s?{_DAYS_EN}\b"), 'write the days out: "Monday to Friday"'),
        (re.compile(r"\b(?:Mon|Tues?|Wed|Thu|Thurs?|Fri)\b\.?|\b(?:Sat|Sun)\."), "write the day out"),
        (
            re.compile(r"\b(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)(?:\.|\b(?=\s*\d))"),
            "write the month out",
        ),
        (
            re.compile(
                r"\b\d{1,2}(?::\d\d)?\s?(?:[ap]\.?m\.?)?\s?[-\u2013]\s?\d{1,2}(?::\d\d)?\b(?![-\u2013])", re.IGNORECASE
            ),
            'write the times out: "8 AM to 5 PM"',
        ),
        (re.compile(r"\b(?:1[3-9]|2[0-3]):[0-5]\d\b"), 'write the time as people say it: "5 PM"'),
        (re.compile(rf"(?<!\w)(?:{_SHORT_EN})|\b(?:hrs?|ASAP|w/o?)(?!\w)", re.IGNORECASE), "write the words out"),
        (re.compile(r"&"), 'write "and"'),
        (re.compile(r"(?<=\w)/(?=\w)"), 'write "or"'),
        (re.compile(r"#"), 'write "the pound key" or "number"'),
        (re.compile(r"\*"), 'write "the star key"'),
    ),
    SPANISH: (
        (re.compile(r"\b24\s?[x/]\s?7\b", re.IGNORECASE), 'write "las veinticuatro horas"'),
        (
            re.compile(rf"\b{_DAYS_ES}\s?[-\u2013/]\s?{_DAYS_ES}", re.IGNORECASE),
            'write the days out: "de lunes a viernes"',
        ),
        (
            re.compile(r"\b\d{1,2}(?::\d\d)?\s?[-\u2013]\s?\d{1,2}(?::\d\d)?\b(?![-\u2013])"),
            'write the times out: "de 8 de la mañana a 5 de la tarde"',
        ),
        (re.compile(rf"(?<!\w)(?:{_SHORT_ES})|\b(?:hrs?|EE\. ?UU\.)(?!\w)", re.IGNORECASE), "write the words out"),
        (re.compile(r"&"), 'write "y"'),
        (re.compile(r"(?<=\w)/(?=\w)"), 'write "o"'),
        (re.compile(r"#"), 'write "la tecla numeral" or "número"'),
        (re.compile(r"\*"), 'write "la tecla asterisco"'),
    ),
}
_PLACEHOLDER = re.compile(r"\{[^{}]*\}")


def badly_read(text: str, language: str) -> Iterator[Finding]:
    """Yield what a voice reads out badly in a text, in reading order, each place once."""
    spoken = _PLACEHOLDER.sub(lambda found: " " * len(found.group()), text)
    taken: list[range] = []
    findings: list[Finding] = []
    for pattern, remedy in (*_EVERYWHERE, *_BY_LANGUAGE.get(language, ())):
        for found in pattern.finditer(spoken):
            here = range(found.start(), found.end())
            if any(here.start < other.stop and other.start < here.stop for other in taken):
                continue
            if pattern is _CAPITALS and not found.group().isupper():
                continue
            taken.append(here)
            findings.append(Finding(found.group(), found.start(), remedy))
    yield from sorted(findings, key=lambda each: each.begins)


_CAPITALS = _EVERYWHERE[-1][0]

# Keys.

_DIGITS_EN = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_DIGITS_ES = ("cero", "uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve")
_KEYS_EN = {
    **{word: str(digit) for digit, word in enumerate(_DIGITS_EN)},
    "star": "*",
    "asterisk": "*",
    "pound": "#",
    "hash": "#",
}
_KEYS_ES = {
    **{word: str(digit) for digit, word in enumerate(_DIGITS_ES)},
    "asterisco": "*",
    "estrella": "*",
    "numeral": "#",
    "almohadilla": "#",
    "gato": "#",
}


def _key_pattern(names: Mapping[str, str], article: str, noun: str) -> str:
    # Digits one after another are a number to dial, such as 9 1 1, and no key.
    return rf"(?:{article}\s+)?(?:{noun}\s+)?(?P<key>\d(?!\s*\d)|{'|'.join(names)})\b(?:\s+key)?"


_EN = _key_pattern(_KEYS_EN, "the", "(?:key|number|digit|button)")
_ES = _key_pattern(_KEYS_ES, "(?:el|la)", "(?:tecla|número|dígito)")
_PRESS_ES = "oprim|marqu|presion|puls|apriet|digit|seleccion|elij"
_OFFERS: Mapping[str, tuple[Pattern[str], Pattern[str], Mapping[str, str]]] = {
    ENGLISH: (
        re.compile(rf"\b(?:press|push|hit|touch|dial|select|choose|enter)(?:ing)?\s+{_EN}", re.IGNORECASE),
        re.compile(rf"\s*,?\s*(?:or|and|,)\s+{_EN}(?=[\s,.;:!?]|$)", re.IGNORECASE),
        _KEYS_EN,
    ),
    SPANISH: (
        re.compile(rf"\b(?:{_PRESS_ES})(?:a|e|ar|ir|iendo)\s+{_ES}", re.IGNORECASE),
        re.compile(rf"\s*,?\s*(?:o|u|y|,)\s+{_ES}(?=[\s,.;:!?]|$)", re.IGNORECASE),
        _KEYS_ES,
    ),
}


def offered_keys(text: str, language: str) -> tuple[Key, ...] | None:
    """Return the keys a text tells callers to press, in reading order; None for a language that is not known here."""
    if language not in _OFFERS:
        return None
    first, further, names = _OFFERS[language]
    keys: list[Key] = []
    for found in first.finditer(text):
        match: re.Match[str] | None = found
        while match is not None:
            word = match.group("key").casefold()
            keys.append(Key(names.get(word, word), match.start("key")))
            match = further.match(text, match.end())
    return tuple(keys)


def sentence_begins(text: str, index: int) -> int:
    """Return where the sentence begins that has `index` in it."""
    ends = [found.end() for found in re.finditer(r"[.!?:]\s+", text) if found.end() <= index]
    return ends[-1] if ends else 0


# Patients.

_ABOUT_PATIENTS: Mapping[str, Pattern[str]] = {
    ENGLISH: re.compile(
        r"patient(?:'s|\u2019s|s'|s\u2019)?\s+(?:\w+\s+)?(?:name|number|id|identifier|birth\s?date|record|chart|diagnosis)\b"
        r"|\b(?:name|number|record|chart|diagnosis) of (?:the|a|your|each) patient\b"
        r"|\bdates? of birth\b|\bbirth\s?dates?\b|\bD\.?O\.?B\b|\bMRNs?\b"
        r"|\bmedical record (?:number|no)\b|\bsocial security\b|\bSSN\b",
        re.IGNORECASE,
    ),
    SPANISH: re.compile(
        r"\b(?:nombre|número|expediente|historia|diagnóstico)s? (?:\w+ )?(?:del?|de la|de su|de los) pacientes?\b"
        r"|\bfechas? de nacimiento\b|\bnúmero de (?:expediente|historia)\b|\bseguro social\b",
        re.IGNORECASE,
    ),
}
# Words that may also be those of a system a caller has trouble with: they count where the sentence asks for something.
_WHEN_ASKED: Mapping[str, tuple[Pattern[str], Pattern[str]]] = {
    ENGLISH: (
        re.compile(r"\bmedical records?\b|\bdiagnos(?:is|es)\b", re.IGNORECASE),
        re.compile(r"\b(?:say|give|tell|leave|spell|enter|key in|type|provide|state|include|what is)\b", re.IGNORECASE),
    ),
    SPANISH: (
        re.compile(r"\b(?:expediente|historia|historial)s? (?:médic|clínic)\w+|\bdiagnósticos?\b", re.IGNORECASE),
        re.compile(r"\b(?:diga|dé|deje|deletree|marque|indique|incluya|proporcione|cuál es)\b", re.IGNORECASE),
    ),
}
_NO: Mapping[str, Pattern[str]] = {
    ENGLISH: re.compile(r"\b(?:no|not|never|nothing|without|don['\u2019]t|leave out)\b", re.IGNORECASE),
    SPANISH: re.compile(r"\b(?:no|nunca|sin|ningun[oa]?|ningún|nada|omita)\b", re.IGNORECASE),
}
_PATIENT: Mapping[str, Pattern[str]] = {
    ENGLISH: re.compile(r"\bpatients?\b", re.IGNORECASE),
    SPANISH: re.compile(r"\bpacientes?\b", re.IGNORECASE),
}


def asks_about_patients(text: str, language: str) -> Finding | None:
    """Return where a text asks for what would tell who a patient is, unless it also says to leave that out."""
    if language not in _ABOUT_PATIENTS:
        return None
    begins, asks, leaves_out = 0, None, False
    for sentence in re.split(r"(?<=[.!?])\s+", text):
        found, says_no = _about_a_patient(sentence, language), bool(_NO[language].search(sentence))
        begins = text.index(sentence, begins)
        if found and not says_no and asks is None:
            asks = Finding(found.group(), begins + found.start(), "ask callers to leave no patient information")
        leaves_out = leaves_out or (says_no and bool(_PATIENT[language].search(sentence)))
        begins += len(sentence)
    return None if leaves_out else asks


def _about_a_patient(sentence: str, language: str) -> re.Match[str] | None:
    words, asking = _WHEN_ASKED[language]
    found = words.search(sentence) if asking.search(sentence) else None
    return _ABOUT_PATIENTS[language].search(sentence) or found
