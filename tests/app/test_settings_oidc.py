"""Signing in elsewhere as the environment sets it up: all of it or nothing, and each fault by its variable's name."""

from pathlib import Path

import pytest

from app.settings import SettingsError, read_settings

GOOD = {
    "OIDC_ISSUER": "https://login.example.org/desk/",
    "OIDC_CLIENT_ID": "the-desk",
    "OIDC_CLIENT_SECRET": "a secret",
    "OIDC_ROLES": "desk=staff",
}


def test_nothing_set_is_nobody_else(tmp_path: Path) -> None:
    assert read_settings({}, instance_dir=tmp_path).identity_provider is None


def test_the_issuer_stays_as_it_is_written(tmp_path: Path) -> None:
    roles = {"OIDC_ROLES": "desk=staff, cn=leads=supervisor"}
    way = read_settings({**GOOD, **roles}, instance_dir=tmp_path).identity_provider
    assert way is not None
    assert (way.issuer, way.claim, way.title) == (GOOD["OIDC_ISSUER"], "groups", "your organisation")
    assert dict(way.roles) == {"desk": "staff", "cn=leads": "supervisor"}
    assert "a secret" not in repr(way)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"OIDC_ISSUER": ""}, "OIDC_ISSUER"),
        ({"OIDC_ISSUER": "http://login.example.org"}, "OIDC_ISSUER"),
        ({"OIDC_ISSUER": "https://login.example.org?x=1"}, "OIDC_ISSUER"),
        ({"OIDC_ISSUER": "https://a:b@login.example.org"}, "OIDC_ISSUER"),
        ({"OIDC_ISSUER": "https://login.example.org:x"}, "OIDC_ISSUER"),
        ({"OIDC_CLIENT_ID": ""}, "OIDC_CLIENT_ID"),
        ({"OIDC_CLIENT_SECRET": ""}, "OIDC_CLIENT_SECRET"),
        ({"OIDC_ROLES": ""}, "OIDC_ROLES"),
        ({"OIDC_ROLES": "desk=owner"}, "OIDC_ROLES"),
        ({"OIDC_ROLES": "staff"}, "OIDC_ROLES"),
    ],
)
def test_a_fault_is_told_by_its_name(tmp_path: Path, changes: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsError) as told:
        read_settings({**GOOD, **changes}, instance_dir=tmp_path)
    assert [each.partition(" ")[0] for each in told.value.faults] == [named]
