"""What must not be in any file we publish: our machines, package indexes, and telephone numbers of real people."""

import re
from collections.abc import Iterator

import pytest

from tests.house import tree

LOCK_FILES = ("requirements.lock", "requirements-dev.lock")
MACHINE_PATH = re.compile(r"(?<![\w.~>-])/(?:work|root|home|Users)\b(?=[/\"'\s:,)]|$)")
# Written in two parts, so that this file does not find itself.
INDEX_HOSTS = tuple(
    f"{name}.{domain}"
    for name, domain in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("pypi.python", "org"),
        ("anaconda", "org"),
        ("jfrog", "io"),
        ("npmjs", "com"),
        ("npmjs", "org"),
    )
)
INDEX_OPTION = re.compile(r"(?<!no-emit-)\b(?:index-url|extra-index-url|find-links|trusted-host)\b")

# A number of North America, however it is written.
NUMBER = re.compile(r"(?<![\w.+-])(?:\+1[-. ]?)?\(?([2-9][0-8]\d)\)?[-. ]?([2-9]\d\d)[-. ]?(\d{4})(?![\w-])")
OUR_LINES = {"8162327483", "8166760434"}
# Hold our signatures against those of Twilio's own examples, numbers and all.
SIGNED_BY_TWILIO = ("tests/app/simulator/test_signing.py", "tests/app/telephony/test_signature.py")
# Samples, in any area.
NOBODYS = re.compile(r"\d{3}55501\d\d")
# What else some tests cannot do without. No person has such a number either: the doctor refuses samples in a live
# installation, so its tests use directory assistance; callers are not called back at the exchange of premium services.
NEEDED = {
    "tests/app/doctor/test_people.py": re.compile(r"\d{3}5551212"),
    "tests/app/flow/test_in_line.py": re.compile(r"816976\d{4}"),
}
LARGEST_INTEGER = str(2**31)


def lines() -> Iterator[tuple[str, str]]:
    for name in tree.files():
        if name not in LOCK_FILES:
            for number, line in enumerate(tree.text(name).splitlines(), 1):
                yield f"{name}:{number}", line


def is_nobodys(digits: str, place: str) -> bool:
    """555-0100 to 555-0199 belong to nobody, in any area; samples use those of 816. The two lines are the desk's."""
    needed = NEEDED.get(place.partition(":")[0])
    return (
        digits in OUR_LINES
        or NOBODYS.fullmatch(digits) is not None
        or (needed is not None and needed.fullmatch(digits) is not None)
    )


@pytest.mark.parametrize("name", LOCK_FILES)
def test_a_lock_file_names_no_address(name: str) -> None:
    assert "://" not in tree.text(name)


@pytest.mark.parametrize("name", LOCK_FILES)
def test_every_locked_package_has_its_version_and_a_hash(name: str) -> None:
    requirements = re.split(r"\n(?=\S)", tree.text(name).strip())
    assert len(requirements) > 1
    for requirement in requirements:
        assert re.match(r"[a-z0-9._-]+(?:\[[a-z,]+\])?==\S+", requirement, re.IGNORECASE), requirement[:60]
        assert "--hash=sha256:" in requirement, requirement[:60]


def test_no_file_names_a_path_of_a_machine() -> None:
    assert [place for place, line in lines() if MACHINE_PATH.search(line)] == []


def test_no_file_names_a_package_index() -> None:
    found = [place for place, line in lines() if INDEX_OPTION.search(line) and not place.startswith("tests/house/")]
    found += [place for place, line in lines() if any(host in line for host in INDEX_HOSTS)]
    assert found == []


def test_telephone_numbers_are_ours_or_nobodys() -> None:
    strange = [
        f"{place} {match.group()}"
        for place, line in lines()
        if not place.startswith(SIGNED_BY_TWILIO)
        for match in NUMBER.finditer(line)
        if match.group() != LARGEST_INTEGER and not is_nobodys("".join(match.groups()), place)
    ]
    assert strange == []


def test_every_exception_is_needed() -> None:
    """One that no line needs any more is taken out."""
    used = {
        place.partition(":")[0]
        for place, line in lines()
        for match in NUMBER.finditer(line)
        if (needed := NEEDED.get(place.partition(":")[0])) and needed.fullmatch("".join(match.groups()))
    }
    assert used == set(NEEDED)
