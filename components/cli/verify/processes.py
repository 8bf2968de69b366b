"""Check that a user's server cannot use up the processes of its node.

The limit is the kubelet's ``podPidsLimit``, not a setting of pods. The kernel applies it to the pod's control group,
and a container sees only its own one, so the check starts threads, which count as processes, up to a number that does
no harm. ``RLIMIT_NPROC`` is no limit for a pod: the kernel counts it for the user ID, and all servers have the same.
"""

from components.cli.diagnose.result import CheckResult, good, warning
from components.cli.verify.code_values import insert_values
from components.cli.verify.context import Context
from components.cli.verify.failures import CodeFailed

PROCESSES = "processes"

MOST = 4500
"""Number of threads that are started. It is more than 4096, OpenShift's default of the limit."""

CODE_SECONDS = 60.0

CODE = """
import json, threading
threading.stack_size(64 * 1024)
end, started, is_limited = threading.Event(), [], False
try:
    while len(started) < MOST:
        thread = threading.Thread(target=end.wait, daemon=True)
        thread.start()
        started.append(thread)
except RuntimeError:
    is_limited = True
finally:
    end.set()
    for thread in started:
        thread.join()
print(json.dumps({"started": len(started), "is_limited": is_limited}))
"""

FIX = "set podPidsLimit in the configuration of the nodes' kubelets, for example to 4096"


def check_processes(context: Context) -> list[CheckResult]:
    """Start threads in the user's server until it is refused another one.

    It is never more than a warning: the tenancy works without the limit.
    """
    try:
        found = context.server.run(insert_values(CODE, MOST=MOST), CODE_SECONDS)
    except CodeFailed as failure:
        return [warning(PROCESSES, f"not tested: {failure}", FIX)]
    return [assess_processes(found)]


def assess_processes(found: object) -> CheckResult:
    """Return the result for the output of the code. Pure."""
    if not isinstance(found, dict) or not isinstance(found.get("started"), int):
        return warning(PROCESSES, "not tested: the code printed something else", FIX)
    started = found["started"]
    if found.get("is_limited"):
        return good(PROCESSES, f"a server was refused more than {started} threads", started=started)
    message = f"a server started {started} threads, so nodes limit its processes to more, or not at all"
    return warning(PROCESSES, message, FIX, started=started)
