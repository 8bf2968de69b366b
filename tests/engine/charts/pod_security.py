"""A check of pod templates with Kubernetes' pod-security level ``baseline``, which the namespace enforces.

Source: https://kubernetes.io/docs/concepts/security/pod-security-standards/ (without
its rules for Windows and SELinux, whose fields no chart here uses; such a field is reported as a violation).
"""

from collections.abc import Iterator
from typing import Any

CAPABILITIES = {
    *("AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE"),
    *("SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT"),
}
"""Capabilities that a container may add."""


def find_violations(pod: dict[str, Any]) -> list[str]:
    """Return the settings of a pod's spec that ``baseline`` refuses, each with its place."""
    return [*_pod_violations(pod), *_container_violations(pod)]


def _pod_violations(pod: dict[str, Any]) -> Iterator[str]:
    yield from (f"{field}: true" for field in ("hostNetwork", "hostPID", "hostIPC") if pod.get(field))
    yield from (f"volume {each['name']} is a hostPath" for each in pod.get("volumes", []) if "hostPath" in each)
    context = pod.get("securityContext") or {}
    yield from _context_violations("the pod", context)
    if context.get("sysctls"):
        yield f"sysctls {context['sysctls']}"


def _container_violations(pod: dict[str, Any]) -> Iterator[str]:
    for container in (*pod.get("initContainers", []), *pod["containers"], *pod.get("ephemeralContainers", [])):
        name = f"container {container['name']}"
        context = container.get("securityContext") or {}
        yield from _context_violations(name, context)
        if context.get("privileged"):
            yield f"{name} is privileged"
        added = set((context.get("capabilities") or {}).get("add") or [])
        if added - CAPABILITIES:
            yield f"{name} adds {', '.join(sorted(added - CAPABILITIES))}"
        if context.get("procMount", "Default") != "Default":
            yield f"{name} has procMount {context['procMount']}"
        yield from (f"{name} has hostPort {port['hostPort']}" for port in container.get("ports", []) if _host(port))


def _context_violations(where: str, context: dict[str, Any]) -> Iterator[str]:
    for profile in ("seccompProfile", "appArmorProfile"):
        if (context.get(profile) or {}).get("type") == "Unconfined":
            yield f"{where} has {profile} Unconfined"
    yield from (f"{where} sets {field}" for field in ("seLinuxOptions", "windowsOptions") if context.get(field))


def _host(port: dict[str, Any]) -> bool:
    return bool(port.get("hostPort"))
