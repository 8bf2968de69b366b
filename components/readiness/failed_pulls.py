"""The finding about a container whose image cannot be pulled: cause, registry, pull Secrets and fix. Pure."""

import re
from collections.abc import Sequence

from components.config.registries import split_registry
from components.readiness import events as pod_events
from components.readiness.finding import Finding, printable
from components.readiness.objects import Object, field, items
from components.readiness.pulls import HIDDEN, NEVER, REFUSED, permanent_cause
from components.secret_commands import create_registry_log_in

PULL_SECONDS = 20.0
"""How long a permanent failure to pull an image must last: the kubelet tries again after 10 seconds."""

MISSING_SECRETS = "FailedToRetrieveImagePullSecret"
"""Reason of the kubelet's event that names the pod's pull Secrets which do not exist."""

SAME_ATTEMPT_SECONDS = 5.0
"""Most seconds between this event and the start of the pull; the kubelet's next attempt is 10 seconds later."""

_PULL_SECRETS = "pangeo:registries.pullSecrets"
_IN_BRACKETS = re.compile(r"\(([^()]*)\)")


def describe_failed_pull(subject: str, container: Object, pod: Object, events: Sequence[Object]) -> Finding:
    """Return the finding about a container that waits for its image.

    Args:
        subject: the finding's subject.
        container: the container's status.
        pod: its pod.
        events: the events about the pod.
    """
    waiting = field(container, "state", "waiting") or {}
    reason, image = str(waiting.get("reason") or ""), _image(container, pod)
    # The message of a back-off names no cause with older versions of the kubelet; the event before it does.
    failures = [each for each in events if each.get("reason") == "Failed" and image in str(each.get("message"))]
    text = str(waiting.get("message") or "")
    if reason == "ImagePullBackOff" and failures:
        text = str((pod_events.latest(failures, "Failed") or {}).get("message"))
    cause = permanent_cause(reason, text.replace(image, ""))
    message = f"image {printable(image)} cannot be pulled ({reason})"
    message += f": {printable(text)}" if text else ""
    if cause is None:
        return Finding(subject, message)
    return Finding(subject, message, _fix(cause, image, pod, events), 0.0 if reason in NEVER else PULL_SECONDS)


def _fix(cause: str, image: str, pod: Object, events: Sequence[Object]) -> str:
    registry, namespace = printable(split_registry(image)[0]), field(pod, "metadata", "namespace")
    named = [printable(each.get("name")) for each in items(pod, "spec", "imagePullSecrets")]
    missing = [name for name in _missing_secrets(events) if name in named]
    if missing and cause in (REFUSED, HIDDEN):
        return (
            f"{cause}, and {_name(missing)} ({_PULL_SECRETS}) does not exist: {_create(missing, namespace, registry)}, "
            "then run pulumi up"
        )
    if cause == REFUSED and named:
        return (
            f"{cause} of {_name(named)} ({_PULL_SECRETS}) at {registry}: delete it and create it with the right user "
            f"name and password, {_create(named, namespace, registry)}, then run pulumi up"
        )
    if cause == REFUSED:
        return (
            f"the registry {registry} refuses a pull without a log-in: name a Secret with one in {_PULL_SECRETS}, then "
            "run pulumi up"
        )
    log_in = f", or correct the log-in in {_name(named)} ({_PULL_SECRETS})" if named and cause == HIDDEN else ""
    return (
        f"{cause}: correct its name and tag, or give the cluster access to the registry{log_in}, then run pulumi up. "
        "Notebook images: pangeo:notebook.image and pangeo:notebook.profiles; a mirror: pangeo:registries.mirror; "
        "others: chart/values.yaml"
    )


def _name(secrets: Sequence[str]) -> str:
    return f"{'the Secret' if len(secrets) == 1 else 'one of the Secrets'} {', '.join(secrets)}"


def _create(secrets: Sequence[str], namespace: object, registry: str) -> str:
    return create_registry_log_in(secrets[0] if len(secrets) == 1 else "NAME", str(namespace), registry)


def _missing_secrets(events: Sequence[Object]) -> list[str]:
    """Return the pull Secrets that the kubelet did not find before the last pull. They may have been created since."""
    last = pod_events.latest(events, MISSING_SECRETS)
    if last is None or pod_events.is_older(last, pod_events.latest(events, "Pulling"), SAME_ATTEMPT_SECONDS):
        return []
    names = _IN_BRACKETS.search(pod_events.message(last))
    return [name.strip() for name in names[1].split(",")] if names else []


def _image(container: Object, pod: Object) -> str:
    """Return the image as the pod names it; the status may name it in another form, or not at all."""
    specified = [*items(pod, "spec", "initContainers"), *items(pod, "spec", "containers")]
    named = {each.get("name"): each.get("image") for each in specified}
    return str(named.get(container.get("name")) or container.get("image") or "")
