"""A command in a running pod, through ``kubectl exec``. It creates no object, so it leaves none behind."""

import shutil
from collections.abc import Mapping, Sequence

from components.cluster.errors import CannotAsk
from components.cluster.kubeconfig import IN_CLUSTER, Kubeconfig
from components.cluster.kubectl import patience_for
from components.programs import call_program, report_on_stderr

TIMEOUT_SECONDS = 30.0
"""Timeout of the command, with the connection to the pod."""


def run_in_deployment(
    kubeconfig: Kubeconfig,
    environment: Mapping[str, str],
    namespace: str,
    deployment: str,
    command: Sequence[str],
    timeout_seconds: float = TIMEOUT_SECONDS,
) -> bytes:
    """Run a command in a pod of the deployment, and return its output.

    Args:
        kubeconfig: the kubeconfig. Its account needs *create* on ``pods/exec``.
        environment: where ``kubectl`` is looked up, and its own environment.
        namespace: the deployment's namespace.
        deployment: the deployment's name.
        command: the program and its arguments, without secrets: they are visible in lists of processes.
        timeout_seconds: as ``TIMEOUT_SECONDS``.

    Raises:
        CannotAsk: there is no kubectl, no such pod, no permission or no answer, or the command failed.
    """
    access = kubeconfig.access() if kubeconfig.path or kubeconfig.text is not None else None
    where = f"{access.server if access else IN_CLUSTER} ({kubeconfig.name})"
    program = shutil.which("kubectl", path=environment.get("PATH"))
    if program is None:
        raise CannotAsk(f"{where}: a command in a pod needs the kubectl program, which is not on PATH; install it")
    patience = patience_for(access, timeout_seconds, environment)
    words = [program, "exec", "--namespace", namespace, f"deployment/{deployment}"]
    words += ["--context", kubeconfig.context] if kubeconfig.context else []
    with kubeconfig.as_file() as file:
        try:
            done = call_program(
                [*words, "--", *command],
                environment={**environment, **({"KUBECONFIG": str(file)} if file else {})},
                patience=patience,
                waiting=f"waiting for a command in deployment/{deployment}",
                report=report_on_stderr,
                passes_messages=patience.attended_seconds > patience.unattended_seconds,
                terminal=patience.has_terminal,
            )
        except OSError as error:
            raise CannotAsk(f"{where}: kubectl cannot be started: {error.strerror}") from None
    if done.exit_code is None:
        raise CannotAsk(f"{where}: kubectl exec gave no answer within {done.limit_seconds:g} s")
    if done.exit_code != 0:
        raise CannotAsk(f"{where}: kubectl exec: ", done.messages or "failed without a message")
    return done.stdout
