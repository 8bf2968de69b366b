"""Random changes of a tenancy's release, at every place that Helm merges from."""

import copy
import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from policies.rules.values import REVIEWED_INPUTS
from tests.fuzz.values.places import OPEN, Place, known_places

Layer = Literal["chart/values.yaml", "valueYamlFiles", "values", "inputs"]

SECRET = "a secret that no message may contain"

VALUES: tuple[Any, ...] = (
    *(True, False, None, 0, 1, -1, 2, 8080, 0.5, 65534, 10**9),
    *(
        "",
        "*",
        "mallory",
        "root",
        "simple",
        "kerberos",
        "ExternalName",
        "LoadBalancer",
        "NodePort",
        "0.0.0.0/0",
        "true",
        "dummy",
        "latest",
        "Always",
    ),
    *(
        "0",
        "1Gi",
        "4G",
        "/",
        "../..",
        "{username}",
        "core\n  hostNetwork: true",
        "<script>x</script>",
        "{{ .Release }}",
    ),
    *("a: b", "'", '"', "x" * 300, "nullauthenticator.NullAuthenticator", "everybody@example.org", SECRET),
    *([], ["mallory"], [{}], ["--Authenticator.allow_all=True"], [{"operator": "Exists"}]),
    *({}, {"allow_all": True}, {"privileged": True}, {"name": "example.com/x", "tag": "1"}, {"enabled": True}),
    *({"pool": "core"}, {"example.org/project": "vis"}, {"app.kubernetes.io/component": "traefik"}, {"cpu": "1"}),
    *({"enabled": None}, {"privileged": None}, [None], {"zz": {}}, {"zz": [{}]}),
    *({"hostNetwork": True}, {"runAsUser": 0}, {"scopes": ["admin:users"]}, {"type": "LoadBalancer"}),
    [{"name": "x", "image": "example.com/x:1", "securityContext": {"privileged": True}}],
    [{"name": "x", "hostPath": {"path": "/"}}],
    [{"name": "x", "mountPath": "/usr/local/etc/jupyterhub"}],
    [{"from": [{"ipBlock": {"cidr": "0.0.0.0/0"}}]}],
    [{"to": [{"ipBlock": {"cidr": "10.0.0.0/8"}}], "ports": [{"port": 53}]}],
    [{"podSelector": {}}],
    [{"namespaceSelector": {}}],
    [{"ports": [{"port": 8001}]}],
    {"serviceAccountName": "hub", "automountServiceAccountToken": True},
    {"hostPID": True, "hostIPC": True, "hostAliases": [{"ip": "192.0.2.1", "hostnames": ["ipa.example.org"]}]},
    {"externalIPs": ["192.0.2.1"]},
    {"nodePorts": {"http": 30080}},
    {"type": "NodePort"},
    {"postStart": {"exec": {"command": ["sh"]}}},
    ["start-singleuser.sh", "--ServerApp.token="],
    {"name": "hub", "admin": True, "api_token": SECRET, "url": "http://192.0.2.1"},
    {"x": {"mountPath": "/usr/local/etc/jupyterhub/components/in_hub/guard.py", "stringData": ""}},
    [{"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": "pangeo-secrets", "key": "x"}}}],
    {"zz": "c.Authenticator.allow_all = True"},
    {"hub": {"config": {"Authenticator": {"allow_all": True}}}},
    [{"key": "pool", "operator": "Equal", "value": "core", "effect": "NoSchedule"}],
    *("http://203.0.113.5:3128", "203.0.113.0/24", "169.254.169.254/32", "claim-alice", "hub-db-dir", "/home/jovyan"),
    *({"secretKeyRef": {"name": "hub", "key": "values.yaml"}}, {"claimName": "claim-alice"}, {"claimName": "other"}),
    {"valueFrom": {"secretKeyRef": {"name": "pangeo-secrets", "key": "x"}}},
    {"zz": {"name": "zz", "hostPath": {"path": "/"}}},
    {"folder-ocean": {"name": "folder-ocean", "nfs": {"server": "203.0.113.5", "path": "/"}}},
    {"folder-ocean": {"name": "folder-ocean", "mountPath": "/home/jovyan"}},
    {"zz": {"groups": ["mallory"], "spawner_override": {"environment": {"JUPYTERHUB_API_TOKEN": "x"}}}},
    {"fsGroup": 0, "supplementalGroups": [0]},
)

KEYS = (
    *("zz", "allow_all", "mallory", "enabled", "cpu", "github.com/kvm", "example.org/project", "component"),
    *("folder-ocean", "folder-ocean-2-writers", "environment-ocean", "object-store-000-ocean", "ocean"),
    *("HTTP_PROXY", "AWS_SECRET_ACCESS_KEY", "JUPYTERHUB_API_TOKEN", "LD_PRELOAD"),
    *("azure.workload.identity/use", "x: y\n  hostNetwork", "{{ .Release }}"),
)
"""Names for a key that may be any."""

INPUTS: tuple[str, ...] = (
    *("atomic", "chart", "cleanupOnFail", "compat", "createNamespace", "dependencyUpdate", "description", "devel"),
    *("disableCRDHooks", "disableOpenapiValidation", "disableWebhooks", "forceUpdate", "keyring", "lint"),
    *("maxHistory", "name", "namespace", "postrender", "recreatePods", "renderSubchartNotes", "replace"),
    *("repositoryOpts", "resetValues", "resourceNames", "reuseValues", "skipAwait", "skipCrds", "timeout"),
    *("allowNullValues", "valueYamlFiles", "values", "verify", "version", "waitForJobs", "somethingNew"),
)
"""Every input of Pulumi's ``helm.v3.Release``, and one that it does not have."""

INERT_INPUTS = {
    *("atomic", "cleanupOnFail", "compat", "description", "lint", "maxHistory", "renderSubchartNotes"),
    *("resourceNames", "skipAwait", "skipCrds", "timeout", "waitForJobs", "status"),
}
"""The oracle's own list: inputs that neither Helm's merge nor its rendering reads."""


@dataclass(frozen=True)
class Change:
    """One change: a value at a place of a layer."""

    layer: Layer
    place: Place
    value: Any

    def __str__(self) -> str:
        path = ".".join(map(str, self.place))
        return f"{self.layer}: {path} = {self.value!r:.80}"


def random_change(source: random.Random, preferred: list[Place]) -> Change:
    """Return a change; a third of them at the preferred places, which are those that a rule allows."""
    if source.random() < 0.04:
        return Change("inputs", (source.choice(INPUTS),), source.choice(VALUES))
    place = source.choice(preferred if source.random() < 0.35 else known_places())
    place = tuple(source.choice(KEYS) if key == OPEN else key for key in place)
    layers: tuple[Layer, ...] = ("chart/values.yaml", "values", "values", "valueYamlFiles")
    return Change(source.choice(layers[:3] if source.random() < 0.9 else layers), place, source.choice(VALUES))


def put(tree: Mapping[str, Any], place: Place, value: Any) -> dict[str, Any]:
    """Return a copy of the tree with the value at a place; parents that cannot hold it are replaced."""
    result: dict[str, Any] = copy.deepcopy(dict(tree))
    inner: Any = result
    for index, key in enumerate(place):
        is_last = index == len(place) - 1
        if isinstance(inner, list):
            position = min(int(key) if isinstance(key, int) else 0, len(inner))
            if position == len(inner):
                inner.append(None)
            key = position
        child = inner.get(key) if isinstance(inner, dict) else inner[key]
        if is_last:
            inner[key] = copy.deepcopy(value)
        elif not isinstance(child, dict | list) or isinstance(child, list) != isinstance(place[index + 1], int):
            child = inner[key] = [] if isinstance(place[index + 1], int) else {}
        inner = child
    return result


def reviewed_but_not_inert() -> set[str]:
    """Return the inputs that the rule accepts for another rule's sake, or that the oracle does not know."""
    return set(REVIEWED_INPUTS) - INERT_INPUTS
