"""Random kubeconfigs: each is accepted, or refused with a message that does not contain its content."""

import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from components.cluster.client import connect_to_cluster
from components.cluster.errors import CannotAsk
from components.cluster.kubeconfig import Kubeconfig, find_kubeconfig
from components.config.cluster import Kubernetes
from tests.unit.bad_input.strategies import KUBECONFIG, SECRET, changed, texts, values


def check_outcome(kubeconfig: str, *, context: str | None = None) -> None:
    text = ""
    try:
        # An empty PATH, so that no program is run. No connection is made before the first request.
        with connect_to_cluster(Kubeconfig(kubeconfig, None, context), {"PATH": ""}) as api:
            text = api.server
    except CannotAsk as error:
        text = str(error)
    assert text
    assert SECRET not in text
    assert text.isprintable(), ascii(text)
    text.encode()


@settings(max_examples=60)
@given(changed(KUBECONFIG))
def test_a_changed_kubeconfig_is_read_or_refused(document: object) -> None:
    check_outcome(json.dumps(document))


@given(texts)
@example("a: 2001-13-01")
@example("[" * 500)
@example("a: !!bool maybe")
@example("a: !!timestamp never")
@example(f"a: {'1' * 5000}")
@example("a: &a [*a]")
def test_a_kubeconfig_of_random_text_is_refused(text: str) -> None:
    check_outcome(text.replace("\ud800", "?") + "\n")


@given(texts)
@example("https://[::1")
@example("https://a.example.org:99999")
@example("https://a.example.org:port")
@example(f"https://me:{SECRET}@[::1")
@example("https://a\ud800")
def test_a_random_server_url_is_accepted_or_refused(server: str) -> None:
    document = {**KUBECONFIG, "clusters": [{"name": "a", "cluster": {"server": server}}]}
    check_outcome(json.dumps(document))


@settings(max_examples=40)  # each case loads the system's trust store
@given(st.sampled_from(["client-certificate-data", "client-key", "token", "tokenFile", "username", "exec"]), values)
@example("tokenFile", "a\0b")
@example("tokenFile", "a" * 5000)
@example("client-key-data", "é")
@example("token", "a\nb")
@example("token", ["a"])
def test_random_credentials_are_accepted_or_refused(key: str, value: object) -> None:
    document = {**KUBECONFIG, "users": [{"name": "me", "user": {key: value}}]}
    check_outcome(json.dumps(document))


@settings(max_examples=40)
@given(texts)
def test_a_random_context_is_found_or_refused(context: str) -> None:
    check_outcome(json.dumps(KUBECONFIG), context=context)


@given(texts)
@example("~nobody-of-that-name/config")
@example("x" * 5000)
@example("a\0b")
@example("~")
def test_a_random_kubeconfig_path_is_refused(chosen: str) -> None:
    try:
        find_kubeconfig(Kubernetes(), {"KUBECONFIG": chosen, "HOME": "/nowhere"}).access()
    except CannotAsk as error:
        assert str(error).isprintable()  # noqa: PT017 - both outcomes are correct


@pytest.mark.parametrize("written", ["true", "yes", "1", 1, ["true"]])
def test_only_a_boolean_disables_verification(written: object) -> None:
    cluster = {"server": "https://a.example.org", "insecure-skip-tls-verify": written}
    document = {**KUBECONFIG, "clusters": [{"name": "a", "cluster": cluster}]}
    with pytest.raises(CannotAsk, match="insecure-skip-tls-verify must be true or false"):
        Kubeconfig(json.dumps(document), None, None).access()
