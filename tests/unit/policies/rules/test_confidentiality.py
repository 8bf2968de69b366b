"""No secret in plain text."""

import json
from typing import Any

import pytest

from tests.unit.policies import declared
from tests.unit.policies.declared import UNKNOWN, Declared

RULE = "no-plain-text-secrets"
PASSWORD = "correct horse battery staple"
KEY = "-----BEGIN RSA PRIVATE KEY-----\nMIIE"


def said(*resources: Declared, **surroundings: Any) -> list[str]:
    """What is said of a good stack with these in place of its own."""
    others = [each for each in declared.a_good_stack() if each.type not in {one.type for one in resources}]
    return declared.of_stack(RULE, [*others, *resources], **surroundings)


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
def test_a_secret_that_was_written_down_is_seen(path: str) -> None:
    (sentence,) = said(declared.release(**{path: "hunter2"}))
    where = path.replace("__", ".")
    assert sentence == f"values.jupyterhub.{where} holds a secret that no resource of this stack generated"


def test_so_is_an_encryption_key_among_several() -> None:
    keys = ["c" * 64, "0" * 64]
    (sentence,) = said(declared.release(hub__config__CryptKeeper__keys=keys))
    assert sentence.startswith("values.jupyterhub.hub.config.CryptKeeper.keys[1] holds a secret")


def test_a_secret_still_to_be_generated_is_none_that_was_written_down() -> None:
    assert declared.of_stack(RULE, [declared.release(proxy__secretToken=UNKNOWN), declared.random_bytes(UNKNOWN)]) == [
        f"values.jupyterhub.{where} holds a secret that no resource of this stack generated"
        for where in ("hub.cookieSecret", "hub.config.CryptKeeper.keys[0]", "hub.services.dask-gateway.apiToken")
    ]


@pytest.mark.parametrize("path", ["hub__existingSecret", "imagePullSecret__secretName"])
def test_the_name_of_a_secret_is_none(path: str) -> None:
    assert said(declared.release(**{path: "a-name"})) == []


def test_the_programs_own_password_is_nowhere() -> None:
    env = {"FREEIPA_BIND_PASSWORD": PASSWORD}
    (sentence,) = said(declared.group(description=f"bound with {PASSWORD}"), environment=env)
    assert sentence == "description holds the program's directory password"
    stack = {**declared.config(), "pangeo:identityBindPassword": PASSWORD}
    assert said(declared.group(description=PASSWORD), stack=stack) == [sentence]
    assert said(environment=env, stack=stack) == []


def test_the_engines_own_copy_of_the_configuration_is_left_to_it() -> None:
    provider = Declared("pulumi:providers:pulumi-python", {"identityBindPassword": PASSWORD})
    assert said(provider, environment={"FREEIPA_BIND_PASSWORD": PASSWORD}) == []


def test_the_kubeconfig_is_nowhere_and_its_path_may_be_anywhere() -> None:
    content = "apiVersion: v1\nusers: [{token: abc}]"
    stack = {**declared.config(), "pangeo:kubernetes": json.dumps({"kubeconfig": content})}
    (sentence,) = said(declared.namespace(metadata__annotations={"note": content}), stack=stack)
    assert sentence == "metadata.annotations.note holds the cluster's kubeconfig"
    stack = {**declared.config(), "pangeo:kubernetes": json.dumps({"kubeconfig": "/etc/kubeconfig"})}
    assert said(declared.namespace(metadata__annotations={"note": "/etc/kubeconfig"}), stack=stack) == []


def test_a_private_key_is_nowhere() -> None:
    (sentence,) = said(declared.namespace(metadata__annotations={"note": KEY}))
    assert sentence == "metadata.annotations.note holds a private key"


def test_no_sentence_shows_a_secret() -> None:
    told = said(
        declared.release(proxy__secretToken=f"{KEY}{PASSWORD}"), environment={"FREEIPA_BIND_PASSWORD": PASSWORD}
    )
    assert len(told) == 3
    assert not any(PASSWORD in sentence or "MIIE" in sentence for sentence in told)
