"""Helm releases in the cluster: install, upgrade, read and uninstall them."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pulumi.runtime.proto import provider_pb2

from local.stand_ins.plugins.errors import OperationFailed, PartialFailure
from local.stand_ins.plugins.kubernetes import release_inputs
from local.stand_ins.plugins.kubernetes.session import ClusterResource
from local.stand_ins.plugins.server import Call, CheckFailures
from local.stand_ins.plugins.wire import Properties, Secret, mark_secrets_like, plain

if TYPE_CHECKING:
    from components.cluster.helm import Helm
    from local.stand_ins.plugins.kubernetes.helm import LiveRelease

OPERATION_GRACE_SECONDS = 60
"""Time on top of helm's own --timeout, which limits each of several waits and not the whole operation."""

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
        from components.cluster.helm import HelmFailed
        from local.stand_ins.plugins.kubernetes.helm import error_message, find_release, pending_hint

        given = plain(inputs)
        with self._reachable_helm("create") as helm:
            try:
                live = _run_with_values(helm, "install", given, [])
            except HelmFailed as error:
                text, now = error_message(error), find_release(helm, given["name"], given["namespace"])
                if now is None or "cannot re-use a name" in text:
                    raise OperationFailed(f"{text}{pending_hint(now)}") from None
                raise _partial_failure(helm, call, inputs, now, text, created=True) from None
            return f"{given['namespace']}/{given['name']}", _outputs(helm, inputs, live)

    def update(self, call: Call, id: str, olds: Properties, old_inputs: Properties, news: Properties) -> Properties:
        """Run ``helm upgrade`` for an existing release; a preview does not ask the cluster.

        Raises:
            OperationFailed: there is no release, or helm recorded no new revision.
            PartialFailure: helm recorded a revision that failed.
        """
        if call.preview:
            return release_inputs.expected_outputs(news)
        from components.cluster.helm import HelmFailed
        from local.stand_ins.plugins.kubernetes.helm import error_message, find_release, pending_hint

        given = plain(news)
        name, namespace = given["name"], given["namespace"]
        with self._reachable_helm("update") as helm:
            before = find_release(helm, name, namespace)
            if before is None:
                raise OperationFailed(
                    f'"{name}" has no deployed releases: it was uninstalled outside of this stack; '
                    "run pulumi refresh, then pulumi up installs it again"
                )
            if before.is_pending:
                hint = pending_hint(before)
                raise OperationFailed(f"another operation (install/upgrade/rollback) is in progress{hint}")
            # Without --reset-values, helm would keep the last values where the program has none.
            words = ["--history-max", str(given.get("maxHistory") or 0), "--reset-values"]
            words += ["--cleanup-on-fail"] if given["cleanupOnFail"] else []
            try:
                live = _run_with_values(helm, "upgrade", given, words)
            except HelmFailed as error:
                text, now = error_message(error), find_release(helm, name, namespace)
                if now is None or now.revision == before.revision:
                    raise OperationFailed(f"{text}{pending_hint(now)}") from None
                raise _partial_failure(helm, call, news, now, text, created=False) from None
            return _outputs(helm, news, live)

    def read_live(self, id: str, olds: Properties, inputs: Properties) -> tuple[Properties, Properties] | None:
        """Return the inputs and outputs of the release, or None if it does not exist any more.

        The inputs stay the program's: values that were changed outside of the stack appear in the outputs, and the
        next update restores them.
        """
        from local.stand_ins.plugins.kubernetes.helm import find_release

        namespace, _, name = id.rpartition("/")
        with self.session.helm() as helm:
            live = find_release(helm, name, namespace)
            if live is None:
                return None
            values = mark_secrets_like(live.values, olds.get("values"))
            return inputs, {**olds, **_outputs(helm, inputs, live), "values": values}

    def delete_live(self, call: Call, id: str, olds: Properties) -> None:
        """Run ``helm uninstall`` and wait until the release's objects are gone, unless ``skipAwait`` is set.

        Raises:
            OperationFailed: helm failed, or there is no such release.
        """
        from components.cluster.helm import HelmFailed
        from local.stand_ins.plugins.kubernetes.helm import error_message

        namespace, _, name = id.rpartition("/")
        seconds = int(plain(olds.get("timeout")) or release_inputs.DEFAULTS["timeout"])
        words = ["uninstall", name, "--namespace", namespace, "--timeout", f"{seconds}s"]
        words += [] if olds.get("skipAwait") else ["--wait"]
        with self.session.helm() as helm:
            try:
                helm.run(words, seconds + OPERATION_GRACE_SECONDS)
            except HelmFailed as error:
                text = error_message(error)
                hint = "; run pulumi refresh to remove it from the state" if "release: not found" in text else ""
                raise OperationFailed(f"{text}{hint}") from None

    @contextmanager
    def _reachable_helm(self, operation: str) -> Iterator["Helm"]:
        from local.stand_ins.plugins.kubernetes.api import Unreachable

        try:
            self.session.cluster()
        except Unreachable as error:
            raise OperationFailed(f"can't {operation} Helm Release with unreachable cluster: {error}") from None
        with self.session.helm() as helm:
            yield helm


def _run_with_values(helm: "Helm", command: str, given: Properties, more: Sequence[str]) -> "LiveRelease":
    """Install or upgrade. The values go through standard input, so no secret is on a command line."""
    from local.stand_ins.plugins.kubernetes.helm import parse_release

    seconds = int(given["timeout"])
    words = [command, given["name"], given["chart"], "--namespace", given["namespace"], "--output", "json"]
    words += ["--values", "-", "--timeout", f"{seconds}s", *more]
    words += [] if given["skipAwait"] else ["--wait"]
    words += ["--skip-crds"] if given["skipCrds"] else []
    # JSON is YAML, and distinguishes nulls, numbers and strings.
    return parse_release(helm.run(words, seconds + OPERATION_GRACE_SECONDS, stdin=json.dumps(given["values"])))


def _outputs(helm: "Helm", inputs: Properties, live: "LiveRelease") -> Properties:
    from local.stand_ins.plugins.kubernetes.helm import resource_names, status_output

    return {
        **inputs,
        "__inputs": Secret(inputs),
        "resourceNames": resource_names(live.manifest, live.namespace),
        "status": status_output(helm, live),
    }


def _partial_failure(
    helm: "Helm", call: Call, inputs: Properties, live: "LiveRelease", error: str, *, created: bool
) -> PartialFailure:
    from local.stand_ins.plugins.kubernetes.helm import pending_hint

    call.log(
        "WARNING",
        f'Helm release "{live.name}" was {"created" if created else "updated"} but has a {live.status} status. '
        f"Use the `helm` command to investigate the error, correct it, then retry. Reason: {error}",
    )
    id = f"{live.namespace}/{live.name}"
    result = "was created, but failed" if created else "failed"
    text = f'Helm release "{id}" {result} to initialize completely. {ADVICE} {id}: {error}{pending_hint(live)}'
    return PartialFailure(text, id=id, outputs=_outputs(helm, inputs, live))
