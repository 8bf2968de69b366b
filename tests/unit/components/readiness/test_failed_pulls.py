"""The fix of a failed pull: which log-in at which registry is missing or wrong."""

import pytest

from components.readiness.finding import Finding
from components.readiness.pods import failed_pulls
from tests.support.cluster_objects import Object, event, pod, waiting

IMAGE = "registry.example.org:5000/cache/quay.io/jupyterhub/k8s-hub:4.4.0"
OWNER = {"metadata": {"name": "hub", "uid": "uid-hub"}}
UNAUTHORIZED = (
    f'failed to pull and unpack image "{IMAGE}": failed to resolve reference "{IMAGE}": pulling from host '
    "registry.example.org:5000 failed with status code [manifests 4.4.0]: 401 Unauthorized"
)
NOT_FOUND = f'failed to resolve reference "{IMAGE}": {IMAGE}: not found'
NOT_RETRIEVED = (
    "Unable to retrieve some image pull secrets (registry-login); attempting to pull the image may not succeed."
)
CREATE = (
    "podman login --authfile FILE registry.example.org:5000 && kubectl create secret generic registry-login "
    "--namespace vis --from-file=.dockerconfigjson=FILE --type=kubernetes.io/dockerconfigjson, then run pulumi up"
)


def find(cause: str, *events: Object, secrets: tuple[str, ...] = ("registry-login",)) -> Finding:
    """Return the finding about a pod whose image cannot be pulled."""
    references = [{"name": name} for name in secrets]
    failed = pod(OWNER, waiting("ErrImagePull", cause), image=IMAGE, imagePullSecrets=references)
    [found] = failed_pulls(failed, events)
    return found


@pytest.mark.parametrize("cause", [UNAUTHORIZED, NOT_FOUND])
def test_missing_secret_is_named_with_the_command_that_creates_it(cause: str) -> None:
    fix = find(cause, event("FailedToRetrieveImagePullSecret", NOT_RETRIEVED)).fix or ""

    assert "the Secret registry-login (pangeo:registries.pullSecrets) does not exist" in fix
    assert CREATE in fix


def test_refused_log_in_names_secret_and_registry() -> None:
    found = find(UNAUTHORIZED)
    fix = found.fix or ""

    assert "401 Unauthorized" in found.message
    assert (
        "refuses the log-in of the Secret registry-login (pangeo:registries.pullSecrets) at registry.example.org:5000"
        in fix
    )
    assert CREATE in fix


def test_secret_that_was_created_since_is_not_missing() -> None:
    missing = event("FailedToRetrieveImagePullSecret", NOT_RETRIEVED, at="2026-01-01T00:00:00Z")
    same, later = (event("Pulling", at=at) for at in ("2026-01-01T00:00:01Z", "2026-01-01T00:00:20Z"))

    assert "does not exist" in (find(UNAUTHORIZED, missing, same).fix or "")
    assert "does not exist" not in (find(UNAUTHORIZED, missing, same, later).fix or "")


def test_registry_that_needs_a_log_in_names_the_key() -> None:
    fix = find(UNAUTHORIZED, secrets=()).fix or ""

    assert fix == (
        "the registry registry.example.org:5000 refuses a pull without a log-in: name a Secret with one in "
        "pangeo:registries.pullSecrets, then run pulumi up"
    )


def test_several_secrets_are_all_named() -> None:
    assert "of one of the Secrets one, two (pangeo" in (find(UNAUTHORIZED, secrets=("one", "two")).fix or "")


def test_missing_image_names_the_mirror_and_the_secret() -> None:
    fix = find(NOT_FOUND).fix or ""

    assert "or correct the log-in in the Secret registry-login (pangeo:registries.pullSecrets)" in fix
    assert "a mirror: pangeo:registries.mirror" in fix


@pytest.mark.parametrize("message", ["", "Unable to retrieve", "() (", "(another)"])
def test_unknown_wording_of_the_event_is_not_a_missing_secret(message: str) -> None:
    assert "does not exist" not in (find(UNAUTHORIZED, event("FailedToRetrieveImagePullSecret", message)).fix or "")
