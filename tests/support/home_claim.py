"""A user's home in an API server, where neither a hub nor the controllers of volumes run."""

from tests.support.api_server import ApiServer

HOME_CLAIM = "claim-alice"
_MANIFEST = f"""
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {{name: {HOME_CLAIM}, annotations: {{notes: what alice wrote}}}}
spec: {{accessModes: [ReadWriteOnce], resources: {{requests: {{storage: 10Gi}}}}}}
"""


def create_home(api_server: ApiServer, namespace: str) -> None:
    """Create the home of alice."""
    api_server.kubectl("apply", "--namespace", namespace, "--filename", "-", stdin=_MANIFEST)


def release_claim(api_server: ApiServer, namespace: str, claim: str = HOME_CLAIM) -> None:
    """Remove the finalizer that a controller would remove at the claim's deletion; the claim may be gone already."""
    patch = '{"metadata": {"finalizers": null}}'
    try:
        api_server.kubectl("patch", "persistentvolumeclaim", claim, "--namespace", namespace, "--patch", patch)
    except AssertionError:
        assert not api_server.exists("persistentvolumeclaim", claim, "--namespace", namespace)
