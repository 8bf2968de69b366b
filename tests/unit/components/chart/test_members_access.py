"""Values for the end of users' access."""

from typing import Any

import pytest

from components.chart.members_access import READ_PASSWORD_KEY, TOKEN_KEY
from components.chart.secrets import SECRET_NAME, secret_manifest, secrets_digest
from tests.support.rendered_values import SECRETS, values
from tests.support.tenancies import problem, tenancy

CHECK = {"bindDn": "uid=reader,cn=sysaccounts,cn=etc,dc=example,dc=org"}


def hub(**changes: Any) -> dict[str, Any]:
    found: dict[str, Any] = values(**changes)["jupyterhub"]["hub"]
    return found


def test_service_only_ends_access_and_reads_usage() -> None:
    roles = hub()["loadRoles"]
    assert roles["pangeo-members"] == {
        "services": ["pangeo-members"],
        "scopes": ["custom:pangeo:end-access", "custom:pangeo:read-usage"],
    }
    assert hub()["services"]["pangeo-members"] == {"display": False}
    assert set(hub()["config"]["JupyterHub"]["custom_scopes"]) == {
        "custom:pangeo:end-access",
        "custom:pangeo:read-usage",
        "custom:pangeo:verify",
    }


def test_no_server_starts_without_a_log_in_and_no_answer_is_remembered() -> None:
    settings = hub()["config"]["Authenticator"]
    assert settings["refresh_pre_spawn"] is True
    assert settings["auth_refresh_age"] < 0


@pytest.mark.parametrize(("hours", "days", "seconds"), [(24, 1, 86400), (0.5, 0.5 / 24, 1800), (36, 1.5, 129600)])
def test_log_in_lasts_as_configured_for_browsers_and_tokens(hours: float, days: float, seconds: int) -> None:
    config = hub(identity__logInHours=hours)["config"]
    assert config["JupyterHub"]["cookie_max_age_days"] == pytest.approx(days)
    assert config["FreeIpaAuthenticator"]["log_in_lasts_seconds"] == seconds


@pytest.mark.parametrize("hours", [0, 0.2, 721, -1])
def test_log_in_must_end(hours: float) -> None:
    assert problem(identity__logInHours=hours).key == "pangeo:identity.logInHours"


def test_without_a_check_the_hub_has_no_account() -> None:
    assert "extraVolumes" not in hub()
    assert "read_dn" not in hub()["config"]["FreeIpaAuthenticator"]


def test_password_of_the_check_is_mounted_from_the_secret() -> None:
    found = hub(identity__membershipCheck={**CHECK, "everyMinutes": 2})
    settings = found["config"]["FreeIpaAuthenticator"]
    assert (settings["read_dn"], settings["compare_seconds"]) == (CHECK["bindDn"], 120)
    [volume] = found["extraVolumes"]
    [mount] = found["extraVolumeMounts"]
    [item] = volume["secret"]["items"]
    assert (volume["secret"]["secretName"], item["key"]) == (SECRET_NAME, READ_PASSWORD_KEY)
    assert settings["read_password_file"] == f"{mount['mountPath']}/{item['path']}"
    assert mount["readOnly"] is True


def test_dask_clusters_are_ended_only_where_there_are_some() -> None:
    assert hub()["config"]["FreeIpaAuthenticator"]["dask_namespace"] == "vis-pangeo"
    assert hub(dask__enabled=False)["config"]["FreeIpaAuthenticator"]["dask_namespace"] == ""


def test_secret_has_the_token_and_the_password_only_if_there_is_one() -> None:
    plain = secret_manifest(tenancy(), SECRETS)["stringData"]
    assert plain[TOKEN_KEY] == SECRETS.members_token
    assert READ_PASSWORD_KEY not in plain
    assert secret_manifest(tenancy(), SECRETS, "a password")["stringData"][READ_PASSWORD_KEY] == "a password"


def test_digest_changes_with_the_token() -> None:
    changed = {**vars(SECRETS), "members_token": "0" * 64}
    assert secrets_digest(SECRETS) != secrets_digest(type(SECRETS)(**changed))
