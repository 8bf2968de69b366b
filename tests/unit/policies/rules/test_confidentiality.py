"""Secrets in plain text."""

import json
from typing import Any

import pytest

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
        "hub__db__password",
    ],
)
def test_a_secret_in_plain_text_is_found(path: str) -> None:
    (message,) = check_secrets(declared.release(**{path: "hunter2"}))
    where = path.replace("__", ".")
    assert message == f"values.jupyterhub.{where} contains a secret that no resource of this stack generated"


def test_a_plain_text_encryption_key_is_found_among_several() -> None:
    keys = ["c" * 64, "0" * 64]
    (message,) = check_secrets(declared.release(hub__config__CryptKeeper__keys=keys))
    assert message.startswith("values.jupyterhub.hub.config.CryptKeeper.keys[1] contains a secret")


def test_a_secret_that_is_not_generated_yet_is_accepted() -> None:
    assert declared.check_stack(
        RULE, [declared.release(proxy__secretToken=UNKNOWN), declared.random_bytes(UNKNOWN)]
    ) == [
        f"values.jupyterhub.{where} contains a secret that no resource of this stack generated"
        for where in ("hub.cookieSecret", "hub.config.CryptKeeper.keys[0]", "hub.services.dask-gateway.apiToken")
    ]


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
