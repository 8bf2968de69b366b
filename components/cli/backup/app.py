"""The commands ``backup run`` and ``backup status``: read arguments, call one function, print, return an exit code."""

import os
import sys
from datetime import UTC, datetime

from components.cli.arguments import AsJson, Stack
from components.cli.backup.check import assess, check_backup
from components.cli.backup.run import follow_run, start_run, summarise
from components.cli.diagnose.result import EXIT_FAILED, EXIT_OK
from components.cli.output import print_results
from components.cli.stack import open_stack
from components.cli.terminal import errors_reported, report
from components.cluster.client import connect_to_cluster
from components.cluster.errors import CannotAsk
from components.cluster.kubeconfig import find_kubeconfig
from components.in_backup.results import SUCCEEDED

RUN_EXAMPLES = ("backup run vis",)
STATUS_EXAMPLES = ("backup status vis", "backup status vis --json")


def run_backup(stack: Stack = None) -> None:
    """Back all homes and the hub's database up now, and show the progress.

    If a run is in progress, the command follows it. Ending the command does not end the run.

    Exit code 1: something was not backed up, or the test restore, the deletion of old backups or the check of the
    repository failed.
    """
    with errors_reported():
        opened = open_stack(stack).with_kubeconfig()
        tenancy = opened.tenancy
        if tenancy.backup is None:
            raise CannotAsk(f"{opened.path}: there is no section backup; set pangeo:backup and run pulumi up")
        kubeconfig = find_kubeconfig(tenancy.kubernetes, os.environ)
        with connect_to_cluster(kubeconfig, os.environ) as api:
            result = follow_run(api, tenancy, start_run(api, tenancy, report), report)
    run = result.run
    if run is None:
        sys.exit(EXIT_FAILED)
    report(summarise(run))
    code = print_results(opened.name, [assess(result, opened.name, datetime.now(UTC))], as_json=False)
    sys.exit(EXIT_OK if run.state == SUCCEEDED else code or EXIT_FAILED)


def show_status(stack: Stack = None, as_json: AsJson = False) -> None:
    """Report the age of the last backup, the homes that it could not back up, and the last test restore.

    Exit code 1: the backup is broken; 3: the cluster does not tell.
    """
    with errors_reported():
        opened = open_stack(stack).with_kubeconfig()
        kubeconfig = find_kubeconfig(opened.tenancy.kubernetes, os.environ)
        with connect_to_cluster(kubeconfig, os.environ) as api:
            result = check_backup(opened.tenancy, api, opened.name, datetime.now(UTC))
    sys.exit(print_results(opened.name, [result], as_json=as_json))
