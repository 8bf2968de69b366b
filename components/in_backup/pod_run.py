"""A pod of a run, from its creation to its outcome."""

import time
from collections.abc import Callable
from typing import Any

from components.in_backup.outcomes import Outcome, read_outcome, waiting_reason
from components.in_backup.session import POLL_SECONDS, START_SECONDS, Session


def run_pod(session: Session, manifest: dict[str, Any], is_wanted: Callable[[], bool] = lambda: True) -> Outcome:
    """Create a pod, wait for its end, and delete it.

    Args:
        session: the run.
        manifest: the pod.
        is_wanted: is asked while the pod goes on; it is deleted if it is not wanted any more.
    """
    name, cluster = manifest["metadata"]["name"], session.cluster
    began, has_started = time.monotonic(), False
    while not session.patiently(lambda: session.create_pod(manifest)):
        if time.monotonic() - began > START_SECONDS:
            return Outcome(False, f"the pod {name} could not be created within 10 minutes")
        time.sleep(POLL_SECONDS)
    while True:
        pod = session.patiently(lambda: cluster.find("pods", name))
        if pod is None:
            return Outcome(False, f"the pod {name} was deleted")
        outcome = read_outcome(pod, session.settings)
        has_started = has_started or pod["status"].get("phase") != "Pending"
        if outcome is None and not has_started and time.monotonic() - began > START_SECONDS:
            outcome = Outcome(False, f"the pod {name} did not start within 10 minutes: {waiting_reason(pod)}")
        if outcome is None and not is_wanted():
            outcome = Outcome(False, f"the pod {name} was ended, because it is not wanted any more")
        if outcome is not None:
            session.patiently(lambda: cluster.delete("pods", name))
            return outcome
        time.sleep(POLL_SECONDS)
