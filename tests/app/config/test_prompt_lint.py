"""Prompts as callers hear them: what sounds wrong, which keys are said, how long until there is a choice."""

import pytest

from app.config.prompt_speech import asks_about_patients, badly_read, offered_keys
from tests.app.config.configurations import built, found, good_files, with_changes

PROMPTS = "ivr_flows/prompts/en.yaml"
FLOW = "ivr_flows/main.yaml"


def told(changes: dict[str, str | None]) -> list[str]:
    return [str(problem) for problem in found(with_changes(changes))]


def reworded(**prompts: str) -> str:
    texts = {
        "welcome": "Welcome.",
        "menu": "For an emergency, press 1. For anything else, press 2.",
        "message": "Please leave a message after the tone.",
        "bye": "Goodbye.",
    } | prompts
    return "language: en-US\nprompts:\n" + "".join(f"  {name}: {text}\n" for name, text in texts.items())


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("We are here Mon-Fri, 8-5.", ["Mon-Fri", "8-5"]),
        ("Monday to Friday, from 8 AM to 5 PM.", []),
        ("On Tues. or Sat. until 17:00", ["Tues.", "Sat.", "17:00"]),
        ("Since Nov. 3, in May", ["Nov."]),
        ("Call 816-555-0100, (816) 555-0101 or +18165550102", ["816-555-0100", "(816) 555-0101", "+18165550102"]),
        ("Call 8 1 6, 5 5 5, 0 1 0 0. Dial 9 1 1.", []),
        ("Dial 911", ["911"]),
        ("In 2027 there are 150 of us", []),
        ("See www.example.org/help, example.org or https://x.example.net.", None),
        ("Write to help@example.org.", ["help@example.org"]),
        ("HIPAA and PACS", ["HIPAA"]),
        ("R & D and/or i.e. this, ASAP, open 24x7 and 24/7", ["&", "/", "i.e.", "ASAP", "24x7", "24/7"]),
        ("Press # or *", ["#", "*"]),
        ("Thank you \N{SLIGHTLY SMILING FACE}", ["\N{SLIGHTLY SMILING FACE}"]),
        ("We open {opens_at}, {holiday}, {callback_number}", []),
    ],
)
def test_what_an_english_voice_reads_out_badly(text: str, found: list[str] | None) -> None:
    pieces = [each.found for each in badly_read(text, "en")]
    assert pieces == (found if found is not None else ["www.example.org/help", "example.org", "https://x.example.net"])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Abierto lun-vie de 8-5, p. ej. por Ud.", ["lun-vie", "8-5", "p. ej.", "Ud."]),
        ("De lunes a viernes, de 8 de la mañana a 5 de la tarde.", []),
        ("Redes & servidores y/o 24/7", ["&", "/", "24/7"]),
        ("Marque 816 555 0100", ["816 555 0100"]),
        ("URGENCIAS", ["URGENCIAS"]),
    ],
)
def test_what_a_spanish_voice_reads_out_badly(text: str, found: list[str]) -> None:
    assert [each.found for each in badly_read(text, "es")] == found


@pytest.mark.parametrize(
    ("text", "language", "keys"),
    [
        ("press 1. Press the 2 key, push zero or dial star", "en", "120*"),
        ("press 1, 2 or 3, then press the pound key", "en", "123#"),
        ("For a medical emergency, dial 9 1 1. Press 10.", "en", ""),
        ("oprima 1, marque el dos o presione la tecla numeral", "es", "12#"),
        ("oprima 1 o 2; marque el 9 1 1", "es", "12"),
    ],
)
def test_keys_are_found_in_the_words_for_them(text: str, language: str, keys: str) -> None:
    said = offered_keys(text, language)
    assert said is not None
    assert "".join(key.key for key in said) == keys


def test_in_a_language_that_is_not_known_no_key_is_missed() -> None:
    assert offered_keys("drücken Sie die 1", "de") is None


@pytest.mark.parametrize(
    ("text", "language", "asked"),
    [
        ("Say the patient's name.", "en", "patient's name"),
        (
            "Leave the patient\N{RIGHT SINGLE QUOTATION MARK}s full name.",
            "en",
            "patient\N{RIGHT SINGLE QUOTATION MARK}s full name",
        ),
        ("Please spell the date of birth.", "en", "date of birth"),
        ("Have the MRN ready.", "en", "MRN"),
        ("Leave the medical record and your name.", "en", "medical record"),
        ("For trouble with medical records, press 2.", "en", None),
        ("Say what is wrong. Please leave no patient information.", "en", None),
        ("Say the patient's name. Leave no patient information.", "en", None),
        ("Do not leave a patient's name or date of birth.", "en", None),
        ("Diga el nombre del paciente.", "es", "nombre del paciente"),
        ("Diga la fecha de nacimiento.", "es", "fecha de nacimiento"),
        ("No deje el nombre de pacientes.", "es", None),
        ("Diga el número de expediente. No deje información de pacientes.", "es", None),
        ("patient's name", "de", None),
    ],
)
def test_asking_who_a_patient_is_is_found_unless_it_says_to_leave_that_out(
    text: str, language: str, asked: str | None
) -> None:
    finding = asks_about_patients(text, language)
    assert (finding.found if finding else None) == asked


def test_asking_for_patient_information_refuses_the_edit() -> None:
    assert told({PROMPTS: reworded(message="Leave the patient's name after the tone.")}) == [
        (
            f'{PROMPTS}:5:22: prompts.message: asks for patient information ("patient\'s name"): take it out,'
            " or ask callers to leave no patient information"
        )
    ]


def test_a_key_that_is_not_said_and_one_that_is_not_taken_are_told() -> None:
    assert told({PROMPTS: reworded(menu="For an emergency, press 1. For sales, press 4.")}) == [
        (
            f"{PROMPTS}:4:9: warning: prompts.menu: menu menu takes key 2, and this prompt does not say so:"
            " tell callers what it does"
        ),
        (
            f"{PROMPTS}:4:47: warning: prompts.menu: tells callers to press 4, which menu menu does not take:"
            " take it out of the text"
        ),
    ]


def test_keys_said_in_another_order_than_configured_are_told() -> None:
    assert told({PROMPTS: reworded(menu="For anything else, press 2. For an emergency, press 1.")}) == [
        (
            f"{PROMPTS}:4:28: warning: prompts.menu: says the keys in the order 2, 1, and menu menu has them"
            " in the order 1, 2: use one order, the most urgent first"
        )
    ]


def test_more_than_five_options_are_told_at_the_menu() -> None:
    more = "".join(f'      "{key}": {{go: offsite}}\n' for key in range(3, 7))
    flow = good_files()[FLOW].decode().replace("    otherwise: offsite\n", f"{more}    otherwise: offsite\n", 1)
    says = "For an emergency, press 1. For others, press 2, 3, 4, 5 or 6."
    assert told({FLOW: flow, PROMPTS: reworded(menu=says)}) == [
        (
            f"{FLOW}:10:5: warning: nodes.menu.options: offers 6 keys, and callers keep no more than 5 in mind:"
            " move some to a menu behind this one"
        )
    ]


def test_a_long_way_to_the_first_option_is_told_greeting_included() -> None:
    welcome = "Welcome to the desk. " * 13
    assert built({PROMPTS: reworded(welcome=welcome)}).warnings == ()
    late = reworded(welcome=welcome, menu="We are glad you call. For an emergency, press 1. Else, press 2.")
    assert told({PROMPTS: late}) == [
        (
            f"{PROMPTS}:4:9: warning: prompts.menu: at menu menu, callers listen for about 21 seconds before the first"
            " option: shorten what comes before it to 20 seconds, greeting included"
        )
    ]


def test_what_comes_after_the_first_option_may_be_long() -> None:
    text = "For an emergency, press 1. For anything else, press 2. " + "And so on and on. " * 30
    assert built({PROMPTS: reworded(menu=text)}).warnings == ()


def test_a_word_is_found_on_its_line_of_a_folded_text() -> None:
    folded = reworded().replace(
        "  bye: Goodbye.\n", "  bye: >-\n    Goodbye and thank you,\n    we are here Mon-Fri.\n"
    )
    assert told({PROMPTS: folded}) == [
        f'{PROMPTS}:8:17: warning: prompts.bye: "Mon-Fri" is read out badly: write the days out: "Monday to Friday"'
    ]


def test_a_flow_that_goes_in_circles_is_no_endless_work() -> None:
    flow = good_files()[FLOW].decode().replace("next: open}", "next: welcome}", 1)
    assert any("goes round for ever" in each or "nothing leads here" in each for each in told({FLOW: flow}))
