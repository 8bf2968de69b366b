"""Helm releases in the cluster: install, upgrade, read and uninstall them."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pulumi.runtime.proto import provider_pb2

from local.stand_ins.plugins.errors import HelmError, OperationFailed, PartialFailure, Unreachable
from local.stand_ins.plugins.kubernetes import release_inputs
from local.stand_ins.plugins.kubernetes.session import ClusterResource
from local.stand_ins.plugins.server import Call, CheckFailures
from local.stand_ins.plugins.wire import Properties, Secret, mark_secrets_like, plain

if TYPE_CHECKING:
    from local.stand_ins.plugins.kubernetes.helm import LiveRelease, ReleaseClient

ADVICE = "Use Helm CLI to investigate: failed to become available within allocated timeout. Error: Helm Release"


class Release(ClusterResource):
    """A Helm release of a local chart."""

    def check(self, call: Call, olds: Properties, news: Properties) -> tuple[Properties, CheckFailures]:
        """Complete and validate the inputs."""
        return release_inputs.check(news)

    def diff(self, olds: Properties, old_inputs: Properties, news: Properties) -> provider_pb2.DiffResponse:
        """Compare the state, which after a refresh contains the live values, with the new inputs."""
        return release_inputs.compare(olds, news)

    def create(self, call: Call, inputs: Properties) -> tuple[str, Properties]:
        """Run ``helm install``; a preview does not ask the cluster.

        Raises:
            OperationFailed: helm installed nothing.
            PartialFailure: helm recorded a release that failed.
        """
        if call.preview:
            return "", release_inputs.expected_outputs(inputs)
        given = plain(inputs)
        name, namespace = given["name"], given["namespace"]
        with self._reachable_helm("create") as helm:
            try:
                live = helm.change("install", given)
            except HelmError as error:
                now = helm.find(name, namespace)
                if now is None or "cannot re-use a name" in str(error):
                    raise OperationFailed(str(error)) from None
                raise _partial_failure(helm, call, inputs, now, error, created=True) from None
            return f"{namespace}/{name}", _outputs(helm, inputs, live)

    def update(self, call: Call, id: str, olds: Properties, old_inputs: Properties, news: Properties) -> Properties:
        """Run ``helm upgrade`` for an existing release; a preview does not ask the cluster.

        Raises:
            OperationFailed: there is no release, or helm recorded no new revision.
            PartialFailure: helm recorded a revision that failed.
        """
        if call.preview:
            return release_inputs.expected_outputs(news)
        given = plain(news)
        name, namespace = given["name"], given["namespace"]
        with self._reachable_helm("update") as helm:
            before = helm.find(name, namespace)
            if before is None:
                raise OperationFailed(f'"{name}" has no deployed releases')
            if before.is_pending:
                raise OperationFailed("another operation (install/upgrade/rollback) is in progress")
            # Without --reset-values, helm would keep the last values where the program has none.
            options = ["--history-max", str(given.get("maxHistory") or 0), "--reset-values"]
            options += ["--cleanup-on-fail"] if given["cleanupOnFail"] else []
            try:
                live = helm.change("upgrade", given, *options)
            except HelmError as error:
                now = helm.find(name, namespace)
                if now is None or now.revision == before.revision:
                    raise OperationFailed(str(error)) from None
                raise _partial_failure(helm, call, news, now, error, created=False) from None
            return _outputs(helm, news, live)

    def read_live(self, id: str, olds: Properties, inputs: Properties) -> tuple[Properties, Properties] | None:
        """Return the inputs and outputs of the release, or None if it does not exist any more.

        The inputs stay the program's: values that were changed outside of the stack appear in the outputs, and the
        next update restores them.
        """
        namespace, _, name = id.rpartition("/")
        with self.session.helm() as helm:
            live = helm.find(name, namespace)
            if live is None:
                return None
            values = mark_secrets_like(live.values, olds.get("values"))
            return inputs, {**olds, **_outputs(helm, inputs, live), "values": values}

    def delete_live(self, call: Call, id: str, olds: Properties) -> None:
        """Run ``helm uninstall`` and wait until the release's objects are gone, unless ``skipAwait`` is set.

        Raises:
            HelmError: helm failed, or there is no such release.
        """
        namespace, _, name = id.rpartition("/")
        seconds = int(plain(olds.get("timeout")) or release_inputs.DEFAULTS["timeout"])
        try:
            self.session.cluster()
        except Unreachable as error:
            # Also on request: only a refresh removes a release of a deleted cluster from the state.
            raise OperationFailed(
                f"can't delete Helm Release with unreachable cluster. Reason: {json.dumps(error.reason)}"
            ) from None
        with self.session.helm() as helm:
            helm.uninstall(name, namespace, timeout_seconds=seconds, wait=not olds.get("skipAwait"))

    @contextmanager
    def _reachable_helm(self, operation: str) -> Iterator["ReleaseClient"]:
        try:
            self.session.cluster()
        except Unreachable as error:
            raise OperationFailed(f"can't {operation} Helm Release with unreachable cluster: {error.reason}") from None
        with self.session.helm() as helm:
            yield helm


def _outputs(helm: "ReleaseClient", inputs: Properties, live: "LiveRelease") -> Properties:
    return {**inputs, "__inputs": Secret(inputs), **helm.outputs(live)}


def _partial_failure(
    helm: "ReleaseClient", call: Call, inputs: Properties, live: "LiveRelease", error: HelmError, *, created: bool
) -> PartialFailure:
    call.log(
        "WARNING",
        f'Helm release "{live.name}" was {"created" if created else "updated"} but has a {live.status} status. '
        f"Use the `helm` command to investigate the error, correct it, then retry. Reason: {error}",
    )
    id = f"{live.namespace}/{live.name}"
    result = "was created, but failed" if created else "failed"
    text = f'Helm release "{id}" {result} to initialize completely. {ADVICE} {id}: {error}'
    return PartialFailure(text, id=id, outputs=_outputs(helm, inputs, live))
