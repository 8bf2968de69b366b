"""Run the example notebooks in the Pangeo image."""

from local.host.commands import run
from local.images.builder import ASK_TIMEOUT_SECONDS, BUILDAH_ENVIRONMENT, buildah, clean_up, log_file
from local.images.definitions import PANGEO
from local.paths import State
from local.progress import Report

EXAMPLES_TIMEOUT_SECONDS = 3600
CONTAINER = "pangeo-examples"
PROGRAM = "run_examples.py"


def run_examples(state: State, report: Report) -> None:
    """Run the example notebooks as the image's user, without a network; print what each shows.

    Raises:
        Failure: a notebook failed; names the log, which has the results of all.
    """
    log = log_file(state, "examples")
    log.unlink(missing_ok=True)
    with report.step("Running the example notebooks"):
        clean_up(state)
        run(
            [*buildah(state), "from", "--pull-never", "--name", CONTAINER, PANGEO.reference],
            log=log,
            env=BUILDAH_ENVIRONMENT,
            timeout_seconds=ASK_TIMEOUT_SECONDS,
        )
        program = f"{PANGEO.folder / PROGRAM}:/opt/{PROGRAM}:ro"
        inside = ["run", "--volume", program, CONTAINER, "--", "python", f"/opt/{PROGRAM}", "/opt/examples"]
        # The namespace has a loopback interface and nothing else.
        run(
            ["unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh", *buildah(state), *inside],
            log=log,
            env=BUILDAH_ENVIRONMENT,
            timeout_seconds=EXAMPLES_TIMEOUT_SECONDS,
            interruptible=True,
        )
        clean_up(state)
    for line in log.read_text().splitlines():
        if "pictures: " in line:
            report.console.print(f"  {line}", highlight=False)
