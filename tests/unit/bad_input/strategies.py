"""Hypothesis strategies: plausible and hostile texts, and valid documents with a few changes."""

import copy
import json
from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from tests.support.tenancies import CA_CERTIFICATE, settings

HOSTILE = (
    "",
    " ",
    "\0",
    "\n",
    "\x1b[2J",
    "\u202e",
    "\ud800",
    "…",
    "{{7*7}}",
    "${HOME}",
    "{0.__class__}",
    "%s%n",
    "../../etc/passwd",
    "~nobody-of-that-name/x",
    "'; --",
    "*)(uid=*",
    "cn=a\\",
    "-----BEGIN CERTIFICATE-----",
    "-----BEGIN PRIVATE KEY-----",
    "0x10",
    "1e999",
    "-1",
    "9" * 5000,
    "a" * 300,
    "٣",
    "true",
    "null",
    "2Gi",
    "2001-13-01",
    "[::1",
    "fe80::1%eth0",
    "::ffff:10.0.0.1",
    "https://hub.example.org:99999/",
    "[" * 200,
)
PLAUSIBLE = (
    "192.171.139.83",
    "2001:db8::1",
    "hub.example.org",
    "HUB.example.org.",
    "ipa.example.org:636",
    "EXAMPLE.ORG",
    "dc=example,dc=org",
    "uid=deployer,cn=users,cn=accounts,dc=example,dc=org",
    "ldaps",
    "starttls",
    "Retain",
    "adopt",
    "alice",
    "csi-cinder",
    "docker.io/pangeo/pangeo-notebook:2026.01.30",
    CA_CERTIFICATE,
)

KEYS = (
    *settings(),
    *("pangeoDomain", "domainSuffix", "storage", "ingress", "notebook", "dask", "workers", "kubernetes", "protect"),
    *("identityBindPassword", "server", "realm", "baseDn", "tls", "caCertificate", "bindDn", "adminUsers"),
    *("className", "create", "provisioner", "parameters", "annotations", "clusterIssuer", "secretName"),
    *("profiles", "name", "cpus", "ramGb", "groups", "default", "image", "culling", "idleMinutes", "count"),
    *("environment", "groupEnvironment", "secret", "key", "images", "sizes", "customImages", "pattern"),
    *("workerCores", "min", "max", "enabled", "kubeconfig", "context", "secure"),
    *("pools", "pool", "labels", "taints", "effect", "purposes", "placeholders", "gpuResource"),
)
"""Keys of all sections, so that many random keys are known, in their section or in another."""

texts = st.one_of(
    st.sampled_from(PLAUSIBLE),
    st.sampled_from(HOSTILE),
    st.text(max_size=20),
    st.text(st.characters(), max_size=8),
    st.text("abcxyzAZ0189.-_:/,= \\@[]%+$", max_size=30),
)

numbers = st.one_of(
    st.integers(-5, 70_000),
    st.integers(),
    st.floats(),
    st.sampled_from((0, 1, -1, 0.1, 2**63, 10**400, 1e308, 5e-324)),
)

scalars = st.one_of(st.none(), st.booleans(), numbers, texts)

keys = st.one_of(st.sampled_from(KEYS), texts)

values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(keys, inner, max_size=3),
        st.builds(dict, secure=st.just("v1:abc")),
    ),
    max_leaves=8,
)
"""Every value of JSON, and more: infinite numbers, halves of surrogate pairs."""


@st.composite
def changed(draw: st.DrawFn, valid: Any) -> Any:
    """A valid document with one to three of its values changed, removed or added."""
    document = copy.deepcopy(valid)
    for _ in range(draw(st.integers(1, 3))):
        places = list(_places(document))
        inner, key = draw(st.sampled_from(places))
        action = draw(st.sampled_from(("change", "change", "remove", "add")))
        if action == "add" and isinstance(inner, dict):
            inner[draw(keys)] = draw(values)
        elif action == "remove":
            del inner[key]
        else:
            inner[key] = draw(values)
        if not document:
            break
    return document


def _places(inner: Any) -> Any:
    pairs = inner.items() if isinstance(inner, dict) else enumerate(inner)
    for key, value in list(pairs):
        yield inner, key
        if isinstance(value, dict | list):
            yield from _places(value)


SECRET = "sesame-open-4711"
KUBECONFIG: Mapping[str, Any] = {
    "current-context": "one",
    "contexts": [{"name": "one", "context": {"cluster": "a", "user": "me"}}],
    "clusters": [{"name": "a", "cluster": {"server": "https://a.example.org:6443", "proxy-url": ""}}],
    "users": [{"name": "me", "user": {"token": SECRET, "client-certificate-data": "UEVN", "tokenFile": ""}}],
}
"""A valid kubeconfig."""

FREE = {
    "name": "Free",
    "images": [{"name": "A", "image": "quay.io/pangeo/a:1"}, {"name": "B", "image": "quay.io/b:1", "default": True}],
    "customImages": {"pattern": "quay.io/pangeo/*"},
    "sizes": [{"name": "Small", "cpus": 1}, {"name": "Large", "ramGb": 8, "default": True}],
}
"""A profile with choices."""


FULL_SETTINGS = settings(
    pangeoDomain="hub.example.org",
    identity__caCertificate=CA_CERTIFICATE,
    identity__server=["ipa.example.org", "ipa2.example.org:6636"],
    identity__adminUsers=["admin"],
    identity__adminGroup="pangeo_admins",
    storage={"create": {"provisioner": "cinder.csi.openstack.org", "parameters": {"type": "ssd"}}},
    ingress={"className": "nginx", "tls": {"clusterIssuer": "letsencrypt"}, "annotations": {"a/b": "c"}},
    notebook={
        "profiles": [{"name": "Small", "cpus": 1}, {"name": "Large", "ramGb": 64, "groups": ["modellers"]}, FREE],
        "environment": {"A": "1", "S3_KEY": {"secret": "s3", "key": "k"}},
        "groupEnvironment": {"modellers": {"B": ""}},
        "culling": {"idleMinutes": 60, "maxAgeHours": 0},
    },
    dask={"workerCores": {"min": 1, "max": 4, "default": 2}, "maxCores": 40},
    workers={
        "pools": [
            {"name": "all", "count": 2, "cpus": 8, "ramGb": 64, "placeholders": 1, "labels": {"a.org/pool": "all"}},
            {
                **{"name": "gpu", "count": 2, "cpus": 8, "ramGb": 64, "gpus": 2, "labels": {"a.org/pool": "gpu"}},
                **{"purposes": ["notebooks"], "taints": [{"key": "gpu", "value": "yes", "effect": "NoSchedule"}]},
            },
        ],
        "expectedUsers": 14,
    },
    kubernetes={"context": "vis", "kubeconfig": '{"apiVersion": "v1"}'},
)
"""Keys of every section, so that a change can affect any of them."""

SECRET_KEYS = ("kubernetes",)
"""The keys of these settings that were set as secrets; the kubeconfig must be one."""


@st.composite
def stack_files(draw: st.DrawFn) -> str:
    """The text of a stack file: a valid one with changed values, a random tree, or either with changed characters."""
    tree = draw(st.one_of(changed(FULL_SETTINGS), st.dictionaries(keys, values, max_size=5)))
    config = {draw(st.sampled_from(("pangeo:", "pangeo:", "pangeo:", "", "pangea:"))) + key: tree[key] for key in tree}
    text = _flow({"encryptionsalt": "v1:salt", "config": config})
    if draw(st.booleans()):
        at = draw(st.integers(0, len(text)))
        text = text[:at] + draw(texts) + text[at + draw(st.integers(0, 5)) :]
    return text.replace("\ud800", "?")


def _flow(tree: Any) -> str:
    """Write a tree as JSON, which is also YAML, with infinite numbers as YAML writes them."""
    return json.dumps(tree).replace("NaN", ".nan").replace("Infinity", ".inf")
