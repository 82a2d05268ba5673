"""The environment is read once: every variable's default and meaning, and every bad value told with its name."""

import base64
import stat
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest

from app.settings import SIMULATED_ACCOUNT_SID, Settings, SettingsError, is_loopback, read_settings

ACCOUNT = "AC" + "a" * 32
KEY, OTHER_KEY = base64.b64encode(b"k" * 32).decode(), base64.b64encode(b"o" * 32).decode()
# All that is needed with a real account.
REAL = {
    "TWILIO_ACCOUNT_SID": ACCOUNT,
    "TWILIO_AUTH_TOKEN": "the primary token",
    "SECRET_KEY": "a long secret",
    "DATA_KEYS": KEY,
    "PUBLIC_BASE_URL": "https://desk.example.org",
}
LOOPBACK = {"TWILIO_API_BASE_URL": "http://127.0.0.1:9000"}


def read(folder: Path, **environ: str) -> Settings:
    return read_settings(environ, instance_dir=folder / "instance")


def faults(folder: Path, **environ: str) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        read(folder, **environ)
    assert str(caught.value) == "\n".join(caught.value.faults)
    return caught.value.faults


def test_with_nothing_set_the_service_runs_in_simulation_on_sqlite(tmp_path: Path) -> None:
    settings = read(tmp_path)

    assert settings.simulated
    assert settings.database_url == f"sqlite:///{tmp_path}/instance/ivr.db"
    assert settings.config_dir == Path()
    assert settings.public_base_url == "http://127.0.0.1:8000"
    assert settings.account_sid == SIMULATED_ACCOUNT_SID
    assert (settings.api_key, settings.twilio_api_base_url, settings.clock_start) == (None, None, None)
    assert settings.log_format == "console"


def test_secrets_made_in_simulation_are_kept_for_the_next_start_and_closed_to_others(tmp_path: Path) -> None:
    first, second = read(tmp_path), read(tmp_path)

    assert (first.secret_key, first.auth_tokens, first.data_keys) == (
        second.secret_key,
        second.auth_tokens,
        second.data_keys,
    )
    assert len(first.secret_key) > 40
    assert [len(key) for key in first.data_keys] == [32]
    file = tmp_path / "instance" / "simulation-secrets.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


STARTING = """
import sys
from pathlib import Path
from app.settings import read_settings
settings = read_settings({}, instance_dir=Path(sys.argv[1]))
print(settings.secret_key, *settings.auth_tokens)
"""


def test_several_processes_starting_at_once_agree_on_the_secrets(tmp_path: Path) -> None:
    command = [sys.executable, "-c", STARTING, str(tmp_path / "instance")]
    starting = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(6)]  # noqa: S603 (our own)
    printed = [process.communicate()[0] for process in starting]
    assert len(set(printed)) == 1
    assert len(printed[0].split()) == 2


def test_secrets_that_are_set_are_used_and_nothing_is_written(tmp_path: Path) -> None:
    settings = read(tmp_path, **REAL)

    assert settings.secret_key == "a long secret"
    assert settings.data_keys == (b"k" * 32,)
    assert not settings.simulated
    assert not (tmp_path / "instance").exists()


@pytest.mark.parametrize("missing", ["TWILIO_AUTH_TOKEN", "SECRET_KEY", "DATA_KEYS"])
def test_with_an_account_every_secret_is_required(tmp_path: Path, missing: str) -> None:
    environ = {name: value for name, value in REAL.items() if name != missing}
    assert faults(tmp_path, **environ)[0] == f"{missing} is required once TWILIO_ACCOUNT_SID is set"


def test_an_account_at_a_loopback_api_is_simulated_too(tmp_path: Path) -> None:
    assert read(tmp_path, TWILIO_ACCOUNT_SID=ACCOUNT, **LOOPBACK).simulated


def test_the_second_token_comes_after_the_first(tmp_path: Path) -> None:
    settings = read(tmp_path, **REAL, TWILIO_AUTH_TOKEN_SECONDARY="the next token")
    assert settings.auth_tokens == ("the primary token", "the next token")


def test_several_data_keys_are_newest_first(tmp_path: Path) -> None:
    assert read(tmp_path, **{**REAL, "DATA_KEYS": f"{OTHER_KEY}, {KEY}"}).data_keys == (b"o" * 32, b"k" * 32)


def test_blank_values_are_as_good_as_unset(tmp_path: Path) -> None:
    assert read(tmp_path, DATABASE_URL=" ", LOG_FORMAT="", TWILIO_ACCOUNT_SID=" ").simulated


def test_the_configuration_may_lie_elsewhere(tmp_path: Path) -> None:
    assert read(tmp_path, IVR_CONFIG_DIR="/srv/desk").config_dir == Path("/srv/desk")


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("sqlite:////srv/ivr.db", "sqlite:////srv/ivr.db"),
        ("postgresql+psycopg://desk@db/ivr", "postgresql+psycopg://desk@db/ivr"),
        ("postgresql://desk@db/ivr", "postgresql://desk@db/ivr"),
        ("postgres://desk@db/ivr", "postgresql+psycopg://desk@db/ivr"),
    ],
)
def test_the_address_of_a_database_may_be_written_in_the_usual_ways(tmp_path: Path, given: str, used: str) -> None:
    assert read(tmp_path, DATABASE_URL=given).database_url == used


def test_a_slash_at_the_end_of_the_public_address_is_not_signed(tmp_path: Path) -> None:
    assert read(tmp_path, PUBLIC_BASE_URL="https://desk.example.org/").public_base_url == "https://desk.example.org"


def test_an_api_key_is_a_pair(tmp_path: Path) -> None:
    settings = read(tmp_path, TWILIO_API_KEY_SID="SK1", TWILIO_API_KEY_SECRET="s")
    assert settings.api_key == ("SK1", "s")


def test_a_clock_for_tests_starts_where_it_is_told(tmp_path: Path) -> None:
    at = "2026-11-28T03:00:00-06:00"
    assert read(tmp_path, IVR_CLOCK=at, **LOOPBACK).clock_start == datetime.fromisoformat(at)


SEES_SECRETS = "TWILIO_API_BASE_URL must begin with https:// or be on this machine: it sees the secrets"
CLOCK_FOR_TESTS = "IVR_CLOCK is for tests: set TWILIO_API_BASE_URL to a loopback address, or unset it"


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("DATABASE_URL", "mysql://x", "must begin with sqlite:/// or postgresql+psycopg://"),
        ("DATABASE_URL", "ivr.db", "must begin with sqlite:/// or postgresql+psycopg://"),
        ("PUBLIC_BASE_URL", "desk.example.org", "must be an address such as https://desk.example.org"),
        ("PUBLIC_BASE_URL", "ftp://desk.example.org", "must be an address such as https://desk.example.org"),
        ("PUBLIC_BASE_URL", "https://", "must be an address such as https://desk.example.org"),
        ("PUBLIC_BASE_URL", "https://desk.example.org?x=1", "must not have a query, a fragment or a user name"),
        ("PUBLIC_BASE_URL", "https://desk.example.org#x", "must not have a query, a fragment or a user name"),
        ("PUBLIC_BASE_URL", "https://me@desk.example.org", "must not have a query, a fragment or a user name"),
        ("TWILIO_API_BASE_URL", "nowhere", "TWILIO_API_BASE_URL must be an address such as https://desk.example.org"),
        ("TWILIO_API_BASE_URL", "http://api.twilio.com", SEES_SECRETS),
        ("TWILIO_API_BASE_URL", "http://10.0.0.1:9000", SEES_SECRETS),
        ("TWILIO_API_BASE_URL", "http://localhost.example.org", SEES_SECRETS),
        ("PUBLIC_BASE_URL", "http://[desk", "must be an address such as https://desk.example.org"),
        ("PUBLIC_BASE_URL", "https://desk.example.org:port", "must be an address such as https://desk.example.org"),
        ("LOG_FORMAT", "xml", "must be one of console, json"),
        ("DATA_KEYS", "short", "key 1 is not the base64 of 32 random bytes"),
        ("DATA_KEYS", f"{KEY},{base64.b64encode(b'x').decode()}", "key 2 is not the base64 of 32 random bytes"),
        ("TWILIO_API_KEY_SID", "SK1", "TWILIO_API_KEY_SECRET is missing: an API key needs both its SID and its secret"),
        ("TWILIO_API_KEY_SECRET", "s", "TWILIO_API_KEY_SID is missing: an API key needs both its SID and its secret"),
    ],
)
def test_a_bad_value_stops_the_start_and_is_named(tmp_path: Path, name: str, value: str, message: str) -> None:
    told = message if message.startswith("TWILIO") else f"{name} {message}"
    assert told in faults(tmp_path, **{name: value})


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("yesterday", "IVR_CLOCK must be an instant such as 2026-11-28T03:00:00-06:00"),
        ("2026-11-28T03:00:00", "IVR_CLOCK must name its zone, as in 2026-11-28T03:00:00-06:00"),
    ],
)
def test_a_clock_that_shows_no_instant_is_refused(tmp_path: Path, value: str, message: str) -> None:
    assert message in faults(tmp_path, IVR_CLOCK=value, **LOOPBACK)


@pytest.mark.parametrize("api", [None, "https://api.twilio.com", "http://10.0.0.1:9000"])
def test_the_clock_of_a_service_that_answers_callers_cannot_be_set(tmp_path: Path, api: str | None) -> None:
    environ = {"IVR_CLOCK": "2026-11-28T03:00:00-06:00"} | ({"TWILIO_API_BASE_URL": api} if api else {})
    assert CLOCK_FOR_TESTS in faults(tmp_path, **environ)


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    bad = {
        "DATABASE_URL": "x",
        "DATA_KEYS": "x",
        "IVR_CLOCK": "x",
        "LOG_FORMAT": "x",
        "PUBLIC_BASE_URL": "http://[",
        "RECORDING_PRIVATE_KEY": "x",
        "TWILIO_API_BASE_URL": "http://api.twilio.com",
        "VOICEMAIL_RETENTION_DAYS": "x",
        "VOICEMAIL_TRANSCRIPTION": "x",
    }
    required = {"SECRET_KEY", "TWILIO_AUTH_TOKEN"}
    told = faults(tmp_path, TWILIO_ACCOUNT_SID=ACCOUNT, TWILIO_API_KEY_SID="SK1", **bad)
    assert {fault.split()[0] for fault in told} == {*bad, *required, "TWILIO_API_KEY_SECRET"}
    assert len(told) == len(set(told)) == len(bad) + 3


def test_no_secret_is_shown_where_settings_are_printed(tmp_path: Path) -> None:
    settings = read(
        tmp_path, **REAL, TWILIO_AUTH_TOKEN_SECONDARY="the next token", DATABASE_URL="postgresql://u:pw@db/x"
    )
    shown = f"{settings!r} {settings}"
    for secret in ("the primary token", "the next token", "a long secret", "kkkk", "pw"):
        assert secret not in shown


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000", "http://localhost", "http://[::1]:9000", "http://127.9.9.9"])
def test_this_machine_itself_is_loopback(url: str) -> None:
    assert is_loopback(url)


@pytest.mark.parametrize("url", ["https://api.twilio.com", "http://10.0.0.1", "http://localhost.example.org", "", "x"])
def test_any_other_machine_is_not_loopback(url: str) -> None:
    assert not is_loopback(url)
