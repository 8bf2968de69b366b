"""The hub's service for ``verify``."""

from components.chart.secrets import secret_manifest, secrets_digest
from components.chart.verification_access import TOKEN_KEY
from components.in_hub.api_names import VERIFICATION_USER
from components.in_hub.subdomains import user_domain
from tests.support.rendered_values import SECRETS, values
from tests.support.tenancies import tenancy


def test_service_has_one_scope() -> None:
    hub = values()["jupyterhub"]["hub"]

    assert hub["services"]["pangeo-verify"] == {"display": False}
    assert hub["loadRoles"]["pangeo-verify"] == {"services": ["pangeo-verify"], "scopes": ["custom:pangeo:verify"]}
    assert "custom:pangeo:verify" in hub["config"]["JupyterHub"]["custom_scopes"]


def test_secret_has_the_token_and_the_digest_changes_with_it() -> None:
    changed = type(SECRETS)(**{**vars(SECRETS), "verification_token": "0" * 64})

    assert secret_manifest(tenancy(), SECRETS)["stringData"][TOKEN_KEY] == SECRETS.verification_token
    assert secrets_digest(SECRETS) != secrets_digest(changed)


def test_user_has_a_host_name_of_its_own() -> None:
    assert user_domain(VERIFICATION_USER, "hub.example.org", "user").startswith("u-pangeove--")
