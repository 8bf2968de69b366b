"""Settings of the charts that may differ from the program's, because they admit, expose and unprotect nothing.

A pattern is a path with ``*`` for one name or index and ``**`` for any number of them. The value must be a plain one: a
number, true or false, or one short line. Templates that do not quote a value could make a longer text another object.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from policies.tree import Path


class Allowed(NamedTuple):
    """Settings that may have other values, with the reason."""

    patterns: tuple[str, ...]
    reason: str
    accepts: Callable[[Path, object], bool] = lambda _path, _value: True
    """Whether a plain value at a path is harmless."""


RESERVED_DOMAINS = ("kubernetes.io", "k8s.io", "jupyter.org", "dask.org")
"""Domains of the labels by which network policies and services select pods, with all their subdomains."""

HUB, PROXY = "jupyterhub.hub", "jupyterhub.proxy.chp"
GATEWAY, CONTROLLER, TRAEFIK = "dask-gateway.gateway", "dask-gateway.controller", "dask-gateway.traefik"

_PLAIN_TEXT = re.compile(r"[A-Za-z0-9 ._/:@=-]{0,253}")
_RESOURCES = ("cpu", "memory", "ephemeral-storage")
_SENTENCE = re.compile(r"[^\n\r<>&\"'\\{}]{0,500}")
_PROBE = ("initialDelaySeconds", "periodSeconds", "failureThreshold", "timeoutSeconds")


def _is_known_resource(path: Path, _value: object) -> bool:
    # A device is a resource, too.
    return path[-1] in _RESOURCES


def _is_number(_path: Path, value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_toleration(path: Path, _value: object) -> bool:
    return isinstance(path[-2], int) and path[-1] in ("key", "operator", "value", "effect", "tolerationSeconds")


def _each(parts: Sequence[str], *settings: str) -> tuple[str, ...]:
    return tuple(f"{part}.{setting}" for part in parts for setting in settings)


ALLOWED: tuple[Allowed, ...] = (
    Allowed(
        _each((HUB, PROXY, GATEWAY, CONTROLLER, TRAEFIK), "resources.requests.*", "resources.limits.*"),
        "CPUs and memory of the program's own pods",
        _is_known_resource,
    ),
    Allowed(
        (
            *_each((HUB, PROXY, GATEWAY, CONTROLLER, TRAEFIK), "nodeSelector.*"),
            "jupyterhub.singleuser.nodeSelector.*",
            "jupyterhub.scheduling.corePods.nodeAffinity.matchNodePurpose",
            "jupyterhub.scheduling.userPods.nodeAffinity.matchNodePurpose",
        ),
        "The choice among the nodes that pods may run on",
    ),
    Allowed(
        _each((HUB, PROXY, GATEWAY, CONTROLLER, TRAEFIK), "tolerations.*.*"),
        "Taints of nodes for the program's own pods; not for users' pods, which would run on control-plane nodes",
        _is_toleration,
    ),
    Allowed(
        (
            *_each((HUB, PROXY, GATEWAY, CONTROLLER, TRAEFIK), "image.pullPolicy"),
            *_each(("jupyterhub.singleuser", "dask-gateway.gateway.backend"), "image.pullPolicy"),
        ),
        "When a node pulls an image; which image is checked by approved-images",
    ),
    Allowed(
        (
            *_each(("jupyterhub",), "imagePullSecrets.*", "imagePullSecrets.*.name"),
            *_each((HUB, PROXY, "jupyterhub.singleuser"), "image.pullSecrets.*", "image.pullSecrets.*.name"),
            *_each((GATEWAY, CONTROLLER, TRAEFIK), "imagePullSecrets.*", "imagePullSecrets.*.name"),
            *_each(("dask-gateway.gateway.backend",), "imagePullSecrets.*", "imagePullSecrets.*.name"),
        ),
        "Names of Secrets that only the node reads, to pull images; not in a stack with pangeo:registries.pullSecrets",
        lambda path, value: isinstance(path[-1] if path[-1] != "name" else path[-2], int) and isinstance(value, str),
    ),
    Allowed(
        ("jupyterhub.hub.config.JupyterHub.template_vars.*",),
        "Announcements, as text: the hub's pages show them as HTML",
        lambda path, value: str(path[-1]).startswith("announcement") and isinstance(value, str),
    ),
    Allowed(
        (
            *_each((HUB, PROXY, GATEWAY), *(f"livenessProbe.{each}" for each in _PROBE)),
            *_each((HUB, PROXY, GATEWAY), *(f"readinessProbe.{each}" for each in _PROBE)),
            *_each((HUB, PROXY), "revisionHistoryLimit", "pdb.maxUnavailable", "pdb.minAvailable"),
            *_each((HUB,), "concurrentSpawnLimit", "consecutiveFailureLimit", "activeServerLimit"),
            *_each(("jupyterhub.cull",), "every", "concurrency"),
            *_each((GATEWAY, TRAEFIK), "replicas"),
            *_each((CONTROLLER,), "completedClusterMaxAge", "completedClusterCleanupPeriod", "backoffBaseDelay"),
            *_each((CONTROLLER,), "backoffMaxDelay", "k8sApiRateLimit", "k8sApiRateLimitBurst"),
        ),
        "Intervals and numbers that affect speed and availability only",
        _is_number,
    ),
    Allowed(
        _each((HUB, PROXY), "pdb.enabled"),
        "Whether a drain of a node waits for the hub",
        lambda _path, value: isinstance(value, bool),
    ),
)
"""The allow-list."""


LABELS = ("jupyterhub.hub.labels.*", "jupyterhub.proxy.labels.*", "jupyterhub.singleuser.extraLabels.*")
"""Labels of pods. The organisation states the domains of its own ones: many operators act on labels of theirs."""


def is_pull_secret(path: Path) -> bool:
    """Return whether the value at a path is in a list of pull Secrets."""
    return any(each in path for each in ("imagePullSecrets", "pullSecrets"))


def is_allowed(path: Path, value: object, further: Sequence[str] = (), label_domains: Sequence[str] = ()) -> bool:
    """Return whether the value at a path may differ from the program's.

    Args:
        path: the path in the values.
        value: a value that is neither a mapping nor a list.
        further: patterns of the organisation; it decides about the values itself.
        label_domains: domains of the organisation's labels.
    """
    if any(_matches(pattern, path) for pattern in further):
        return True
    if not all(isinstance(key, int) or _PLAIN_TEXT.fullmatch(str(key)) for key in path):
        return False
    if any(_matches(pattern, path) for pattern in LABELS):
        return _is_own_label(str(path[-1]), label_domains) and _is_plain(path, value)
    for each in ALLOWED:
        if any(_matches(pattern, path) for pattern in each.patterns) and each.accepts(path, value):
            return _is_plain(path, value)
    return False


def _is_own_label(name: str, domains: Sequence[str]) -> bool:
    # The charts' labels have no domain, or a reserved one.
    domain, slash, _ = name.partition("/")
    return bool(slash) and domain in domains and not is_reserved(domain)


def is_reserved(domain: str) -> bool:
    """Return whether a label's domain is a reserved one, or a subdomain of one."""
    return f".{domain}".endswith(tuple(f".{each}" for each in RESERVED_DOMAINS))


def patterns() -> Iterator[str]:
    """Yield the patterns of the allow-list, and those of labels."""
    yield from LABELS
    for each in ALLOWED:
        yield from each.patterns


def _is_plain(path: Path, value: object) -> bool:
    if isinstance(value, str):
        is_sentence = "template_vars" in path
        return bool((_SENTENCE if is_sentence else _PLAIN_TEXT).fullmatch(value))
    return isinstance(value, bool | int | float)


def _matches(pattern: str, path: Path) -> bool:
    parts = tuple(pattern.split("."))
    open_ended = parts[-1] == "**"
    fixed = parts[:-1] if open_ended else parts
    if len(path) < len(fixed) or (len(path) != len(fixed) and not open_ended):
        return False
    return all(part in ("*", str(key)) for part, key in zip(fixed, path, strict=False))
