"""The link that is printed at the first start with a Twilio account, and at no other."""

import base64
import re
from pathlib import Path

import pytest

from app.cli.first_way_in import print_first_link
from app.settings import read_settings
from tests.desk import CONFIG


def test_the_first_start_prints_a_link_for_a_password_and_later_ones_nothing(
    sqlite_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = read_settings(
        {
            "TWILIO_ACCOUNT_SID": "AC" + "a" * 32,
            "TWILIO_AUTH_TOKEN": "the primary token",
            "PUBLIC_BASE_URL": "https://desk.example.org",
            "SECRET_KEY": "a long secret",
            "DATA_KEYS": base64.b64encode(b"k" * 32).decode(),
            "DATABASE_URL": sqlite_url,
            "IVR_CONFIG_DIR": str(CONFIG),
        },
        instance_dir=tmp_path / "instance",
    )
    assert not settings.simulated
    print_first_link(settings)
    told = capsys.readouterr().out
    assert told.startswith("Nobody has an account yet. For admin, once, until ")
    assert re.search(r"^https://desk\.example\.org/desk/link/\S{20,}$", told, re.MULTILINE)
    print_first_link(settings)
    assert capsys.readouterr().out == ""


def test_a_database_that_is_away_does_not_keep_the_service_from_starting(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    environ = {"DATABASE_URL": f"sqlite:///{tmp_path}/ivr.db", "IVR_CONFIG_DIR": str(CONFIG)}
    settings = read_settings(environ, instance_dir=tmp_path / "instance")
    print_first_link(settings)
    assert "Nobody was looked for" in capsys.readouterr().err
