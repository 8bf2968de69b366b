"""Secrets in plain text."""

import json
from typing import Any

import pytest

from policies import kinds
from tests.support.rendered_values import SECRETS
from tests.unit.policies import declared
from tests.unit.policies.declared import UNKNOWN, Declared

RULE = "no-plain-text-secrets"
PASSWORD = "correct horse battery staple"
KEY = "-----BEGIN RSA PRIVATE KEY-----\nMIIE"


def check_secrets(*resources: Declared, **context: Any) -> list[str]:
    """Check a good stack in which these replace the resources of the same types."""
    others = [each for each in declared.good_stack() if each.type not in {one.type for one in resources}]
    return declared.check_stack(RULE, [*others, *resources], **context)


@pytest.mark.parametrize(
    "path",
    [
        "proxy__secretToken",
        "hub__cookieSecret",
        "hub__services__dask-gateway__apiToken",
        "hub__config__LDAPAuthenticator__lookup_dn_search_password",
        "singleuser__extraEnv__API_KEY",
        "singleuser__extraEnv__PGPASSWORD",
        "hub__config__KubeSpawner__environment__GITHUB_TOKEN",
        "hub__db__password",
    ],
)
def test_a_secret_in_plain_text_is_found(path: str) -> None:
    (message,) = check_secrets(declared.release(**{path: "hunter2"}))
    where = path.replace("__", ".")
    assert message == f"values.jupyterhub.{where} contains a secret; templates can print a release's values"


def test_variables_that_only_describe_a_secret_are_accepted() -> None:
    variables = {"CREDENTIALS": "/etc/key.json", "PASSWORD_FILE": "x"}
    assert check_secrets(declared.release(singleuser__extraEnv=variables)) == []


def test_an_encryption_key_in_the_values_is_found() -> None:
    (message,) = check_secrets(declared.release(hub__config__CryptKeeper__keys=["0" * 64]))
    assert message.startswith("values.jupyterhub.hub.config.CryptKeeper.keys[0] contains a secret")


def test_a_secret_in_the_values_that_is_not_generated_yet_is_found() -> None:
    (message,) = check_secrets(declared.release(proxy__secretToken=UNKNOWN))
    assert message.startswith("values.jupyterhub.proxy.secretToken contains a secret")


def test_a_generated_secret_in_any_value_is_found() -> None:
    (message,) = check_secrets(declared.release(hub__extraConfig={"x": f"token = '{SECRETS.crypt_key}'"}))
    assert message == "values.jupyterhub.hub.extraConfig.x contains one of the stack's random secrets"


def test_the_hubs_secret_has_generated_values_only() -> None:
    (message,) = check_secrets(declared.secret(data={"token": "aHVudGVyMg=="}))
    assert message == "data.token contains a secret that no resource of this stack generated"
    assert check_secrets(declared.secret(data={"token": UNKNOWN})) == []


def test_secrets_that_are_not_generated_yet_are_accepted() -> None:
    first_preview = [
        declared.random_secret(UNKNOWN),
        Declared(kinds.SECRET.type, {"stringData": UNKNOWN}),
        declared.release_with(values__digests__secrets=UNKNOWN),
    ]
    assert check_secrets(*first_preview) == []


@pytest.mark.parametrize("name", ["Bytes", "Id", "String", "Uuid"])
def test_a_random_resource_whose_id_is_its_value_is_found(name: str) -> None:
    (message,) = check_secrets(Declared(f"random:index/random{name}:Random{name}", {"length": 32.0}))
    assert message == "the id, which the state has in plain text, is the value"


@pytest.mark.parametrize("path", ["hub__existingSecret", "imagePullSecret__secretName"])
def test_the_name_of_a_secret_is_accepted(path: str) -> None:
    assert check_secrets(declared.release(**{path: "a-name"})) == []


def test_no_resource_contains_the_directory_password() -> None:
    group = declared.group(description=f"bound with {PASSWORD}")
    (message,) = check_secrets(group, bind_password=PASSWORD)
    assert message == "description contains the password of the program's directory account"
    assert check_secrets(bind_password=PASSWORD) == []
    assert check_secrets(group) == []


def test_providers_may_contain_the_configuration() -> None:
    provider = Declared("pulumi:providers:pulumi-python", {"identityBindPassword": PASSWORD})
    assert check_secrets(provider, bind_password=PASSWORD) == []


def test_no_resource_contains_the_kubeconfig() -> None:
    content = "apiVersion: v1\nusers: [{token: abc}]"
    stack = {**declared.config(), "pangeo:kubernetes": json.dumps({"kubeconfig": content})}
    (message,) = check_secrets(declared.namespace(metadata__annotations={"note": content}), stack=stack)
    assert message == "metadata.annotations.note contains the cluster's kubeconfig"


def test_no_resource_contains_a_private_key() -> None:
    (message,) = check_secrets(declared.namespace(metadata__annotations={"note": KEY}))
    assert message == "metadata.annotations.note contains a private key"


def test_no_message_shows_a_secret() -> None:
    messages = check_secrets(declared.release(proxy__secretToken=f"{KEY}{PASSWORD}"), bind_password=PASSWORD)
    assert len(messages) == 3
    assert not any(PASSWORD in message or "MIIE" in message for message in messages)


CHECK = {"bindDn": "uid=reader,cn=sysaccounts,cn=etc,dc=example,dc=org"}


def test_read_password_is_in_its_place_in_the_hubs_secret_only() -> None:
    identity = {**json.loads(declared.config()["pangeo:identity"]), "membershipCheck": CHECK}
    stack = {**declared.config(), "pangeo:identity": json.dumps(identity)}
    there = declared.secret(stringData={"identity.readPassword": PASSWORD})

    assert check_secrets(there, stack=stack, read_password=PASSWORD) == []
    for other in (
        declared.secret(stringData={"other": PASSWORD}),
        declared.secret(metadata__name="other", stringData={"identity.readPassword": PASSWORD}),
        declared.secret(stringData={"identity.readPassword": "another"}),
    ):
        assert (
            "contains a secret that no resource of this stack generated"
            in check_secrets(other, stack=stack, read_password=PASSWORD)[0]
        )
    assert check_secrets(there, read_password=PASSWORD) != [], "without the section"
    (message,) = check_secrets(declared.group(description=PASSWORD), stack=stack, read_password=PASSWORD)
    assert message == "description contains the password of the read-only directory account"
