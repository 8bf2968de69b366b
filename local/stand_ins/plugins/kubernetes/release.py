"""What happens to Helm releases in the cluster: install, upgrade, read, uninstall."""

from collections.abc import Callable

from local.stand_ins.plugins.errors import HalfDone, Refused
from local.stand_ins.plugins.kubernetes.chart import resource_names, source_arguments, values_text
from local.stand_ins.plugins.kubernetes.helm import Helm, HelmFailed, Release, parsed
from local.stand_ins.plugins.kubernetes.release_inputs import DEFAULTS
from local.stand_ins.plugins.wire import Properties, Secret, marked_like, plain

Warn = Callable[[str], None]
"""Tell the person at the terminal something that is not the error itself."""

ADVICE = "Use Helm CLI to investigate: failed to become available within allocated timeout. Error: Helm Release"


def create(helm: Helm, inputs: Properties, warn: Warn) -> tuple[str, Properties]:
    """``helm install``. Returns id and outputs.

    Raises:
        Refused: helm installed nothing.
        HalfDone: helm recorded a release that did not become what it should.
    """
    given = plain(inputs)
    name, namespace = given["name"], given["namespace"]
    words = ["install", name, given["chart"], *_common(given)]
    words += _flags(given, {"createNamespace": "--create-namespace", "replace": "--replace",
                            "skipCrds": "--skip-crds", "disableWebhooks": "--no-hooks"})  # fmt: skip
    try:
        live = parsed(helm.run(words, stdin=values_text(given["values"]), timeout_seconds=given["timeout"]))
    except HelmFailed as error:
        now = helm.status(name, namespace)
        if now is None or "cannot re-use a name" in str(error):
            raise Refused(f"{error}{_pending_hint(now)}") from None
        raise _half_done(helm, inputs, now, str(error), warn, created=True) from None
    return f"{namespace}/{name}", _outputs(helm, inputs, live)


def update(helm: Helm, inputs: Properties, warn: Warn) -> Properties:
    """``helm upgrade`` of a release that is there. Returns the outputs.

    Raises:
        Refused: there is nothing to upgrade, or helm recorded no new revision.
        HalfDone: helm recorded a revision that did not become what it should.
    """
    given = plain(inputs)
    name, namespace = given["name"], given["namespace"]
    before = helm.status(name, namespace)
    if before is None:
        raise Refused(
            f'"{name}" has no deployed releases: it was uninstalled behind this stack; '
            "run pulumi refresh, then pulumi up installs it again"
        )
    if before.is_pending:
        raise Refused(f"another operation (install/upgrade/rollback) is in progress{_pending_hint(before)}")
    words = ["upgrade", name, given["chart"], *_common(given)]
    words += _flags(given, {"cleanupOnFail": "--cleanup-on-fail", "forceUpdate": "--force",
                            "skipCrds": "--skip-crds", "disableCRDHooks": "--no-hooks"})  # fmt: skip
    words += ["--history-max", str(given.get("maxHistory") or 0)]
    # Without this helm falls back to the last values where none are given; a program means what it says.
    words.append("--reuse-values" if given["reuseValues"] and not given["resetValues"] else "--reset-values")
    try:
        live = parsed(helm.run(words, stdin=values_text(given["values"]), timeout_seconds=given["timeout"]))
    except HelmFailed as error:
        now = helm.status(name, namespace)
        if now is None or now.revision == before.revision:
            raise Refused(f"{error}{_pending_hint(now)}") from None
        raise _half_done(helm, inputs, now, str(error), warn, created=False) from None
    return _outputs(helm, inputs, live)


def read(helm: Helm, id: str, olds: Properties, inputs: Properties) -> tuple[Properties, Properties] | None:
    """Inputs and outputs of the release as it is, or None when it is gone.

    The inputs stay the program's: values changed from outside show in the outputs, and the next update mends them.
    """
    namespace, _, name = id.rpartition("/")
    live = helm.status(name, namespace or "default")
    if live is None:
        return None
    if not inputs:
        chart = helm.chart_of(live.name, live.namespace)
        inputs = {
            **DEFAULTS,
            "chart": chart.name,
            "name": live.name,
            "namespace": live.namespace,
            "timeout": 0,
            "values": live.values,
            "version": chart.version,
        }
        olds = inputs
    values = marked_like(live.values, olds.get("values"))
    return inputs, {**olds, **_outputs(helm, inputs, live), "values": values}


def delete(helm: Helm, id: str, olds: Properties) -> None:
    """``helm uninstall``, waiting until the release's objects are gone unless it was told to skip that.

    Raises:
        Refused: helm could not, or there is no such release.
    """
    namespace, _, name = id.rpartition("/")
    seconds = int(olds.get("timeout") or 0) or int(DEFAULTS["timeout"])
    words = ["uninstall", name, "--namespace", namespace, "--timeout", f"{seconds}s"]
    words += [] if olds.get("skipAwait") else ["--wait"]
    words += _flags(olds, {"disableWebhooks": "--no-hooks"})
    try:
        helm.run(words, timeout_seconds=seconds)
    except HelmFailed as error:
        gone = "; run pulumi refresh to drop it from state" if "release: not found" in str(error) else ""
        raise Refused(f"{error}{gone}") from None


def _common(given: Properties) -> list[str]:
    words = [
        "--namespace",
        given["namespace"],
        "--output",
        "json",
        "--values",
        "-",
        "--timeout",
        f"{int(given['timeout'])}s",
    ]
    words += source_arguments(given)
    words += [] if given["skipAwait"] else ["--wait"]
    words += ["--description", given["description"]] if given["description"] else []
    return words + _flags(given, {"waitForJobs": "--wait-for-jobs", "atomic": "--atomic",
                                  "dependencyUpdate": "--dependency-update",
                                  "disableOpenapiValidation": "--disable-openapi-validation",
                                  "renderSubchartNotes": "--render-subchart-notes"})  # fmt: skip


def _flags(given: Properties, flags: dict[str, str]) -> list[str]:
    return [flag for key, flag in flags.items() if given.get(key)]


def _outputs(helm: Helm, inputs: Properties, live: Release) -> Properties:
    chart = helm.chart_of(live.name, live.namespace)
    return {
        **inputs,
        "__inputs": Secret(inputs),
        "resourceNames": resource_names(live.manifest, live.namespace),
        "status": {
            "appVersion": chart.app_version,
            "chart": chart.name,
            "name": live.name,
            "namespace": live.namespace,
            "revision": live.revision,
            "status": live.status,
            "version": chart.version,
        },
    }


def _half_done(helm: Helm, inputs: Properties, now: Release, error: str, warn: Warn, *, created: bool) -> HalfDone:
    warn(
        f'Helm release "{now.name}" was {"created" if created else "updated"} but has a {now.status} status. '
        f"Use the `helm` command to investigate the error, correct it, then retry. Reason: {error}"
    )
    id = f"{now.namespace}/{now.name}"
    happened = "was created, but failed" if created else "failed"
    text = f'Helm release "{id}" {happened} to initialize completely. {ADVICE} {id}: {error}{_pending_hint(now)}'
    return HalfDone(text, id=id, outputs=_outputs(helm, inputs, now))


def _pending_hint(release: Release | None) -> str:
    """One sentence with the way out of a release that a killed run left behind."""
    if release is None or not release.is_pending:
        return ""
    name, namespace = release.name, release.namespace
    way_out = (
        f"helm uninstall {name} --namespace {namespace}"
        if release.status == "pending-install"
        else f"helm rollback {name} --namespace {namespace}"
    )
    return (
        f"; release {namespace}/{name} is {release.status} (revision {release.revision}): "
        f"if no other run is at work on it, an earlier one was killed, and {way_out} frees it"
    )
