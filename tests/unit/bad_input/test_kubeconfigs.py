"""Whatever a kubeconfig holds, it leads to a cluster or is refused in a sentence, without its content."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from components.cluster.client import connect_to_cluster
from components.cluster.errors import CannotAsk
from components.cluster.kubeconfig import Kubeconfig, find_kubeconfig
from components.config.cluster import Kubernetes
from tests.unit.bad_input.strategies import changed, values, words

SECRET = "sesame-open-4711"
GOOD: Mapping[str, Any] = {
    "current-context": "one",
    "contexts": [{"name": "one", "context": {"cluster": "a", "user": "me"}}],
    "clusters": [{"name": "a", "cluster": {"server": "https://a.example.org:6443", "proxy-url": ""}}],
    "users": [{"name": "me", "user": {"token": SECRET, "client-certificate-data": "UEVN", "tokenFile": ""}}],
}


def leads_somewhere_or_is_refused(text: str, *, context: str | None = None) -> None:
    said = ""
    try:
        # Without programs on PATH, so that nothing is run; a connection is not made before the first question.
        with connect_to_cluster(Kubeconfig(text, None, context), {"PATH": ""}) as api:
            said = api.server
    except CannotAsk as refusal:
        said = str(refusal)
    assert said
    assert SECRET not in said
    assert said.isprintable(), ascii(said)
    said.encode()


@settings(max_examples=60)
@given(changed(GOOD))
def test_a_good_kubeconfig_with_anything_changed(document: object) -> None:
    leads_somewhere_or_is_refused(json.dumps(document))


@given(words)
@example("a: 2001-13-01")
@example("[" * 500)
@example("a: !!bool maybe")
@example("a: !!timestamp never")
@example(f"a: {'1' * 5000}")
@example("a: &a [*a]")
def test_a_kubeconfig_of_any_text(text: str) -> None:
    leads_somewhere_or_is_refused(text.replace("\ud800", "?") + "\n")


@given(words)
@example("https://[::1")
@example("https://a.example.org:99999")
@example("https://a.example.org:port")
@example(f"https://me:{SECRET}@[::1")
@example("https://a\ud800")
def test_a_server_of_any_name(server: str) -> None:
    document = {**GOOD, "clusters": [{"name": "a", "cluster": {"server": server}}]}
    leads_somewhere_or_is_refused(json.dumps(document))


@settings(max_examples=40)  # each loads the machine's trust store
@given(st.sampled_from(["client-certificate-data", "client-key", "token", "tokenFile", "username", "exec"]), values)
@example("tokenFile", "a\0b")
@example("tokenFile", "a" * 5000)
@example("client-key-data", "é")
@example("token", "a\nb")
@example("token", ["a"])
def test_a_user_of_any_kind(key: str, value: object) -> None:
    document = {**GOOD, "users": [{"name": "me", "user": {key: value}}]}
    leads_somewhere_or_is_refused(json.dumps(document))


@settings(max_examples=40)
@given(words)
def test_a_context_of_any_name(context: str) -> None:
    leads_somewhere_or_is_refused(json.dumps(GOOD), context=context)


@given(words)
@example("~nobody-of-that-name/config")
@example("x" * 5000)
@example("a\0b")
@example("~")
def test_the_environment_may_name_anything(chosen: str) -> None:
    try:
        find_kubeconfig(Kubernetes(), {"KUBECONFIG": chosen, "HOME": "/nowhere"}).access()
    except CannotAsk as refusal:
        assert str(refusal).isprintable()  # noqa: PT017 - that it leads somewhere is as good


@pytest.mark.parametrize("written", ["true", "yes", "1", 1, ["true"]])
def test_only_a_plain_true_leaves_the_server_unverified(written: object) -> None:
    cluster = {"server": "https://a.example.org", "insecure-skip-tls-verify": written}
    document = {**GOOD, "clusters": [{"name": "a", "cluster": cluster}]}
    with pytest.raises(CannotAsk, match="insecure-skip-tls-verify must be true or false"):
        Kubeconfig(json.dumps(document), None, None).access()
