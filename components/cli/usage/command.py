"""The command line of ``usage``."""

from typing import Annotated

import typer

from components.cli.arguments import CaFile, Stack, check_environment
from components.cli.hub_access import connect
from components.cli.output import console
from components.cli.stack import open_stack
from components.cli.terminal import errors_reported
from components.cli.usage.formats import Format, print_report
from components.cli.usage.hub_usage import read_record
from components.cli.usage.period import parse_period
from components.cli.usage.report import make_report


def usage(
    stack: Stack = None,
    first: Annotated[
        str | None,
        typer.Option("--from", metavar="DATE", help="First day, in UTC. Default: the first day of this month."),
    ] = None,
    last: Annotated[
        str | None, typer.Option("--to", metavar="DATE", help="Last day, in UTC, included. Default: today.")
    ] = None,
    form: Annotated[Format, typer.Option("--format", help="Format of the report.")] = Format.TABLE,
    ca_file: CaFile = None,
) -> None:
    """Report what each user and each group reserved in a period: CPUs, memory, GPUs, Dask clusters and homes.

    The hub records it each minute. The report states which part of the period was observed.
    """
    with errors_reported():
        env = check_environment(ca_file)
        period = parse_period(first, last, env.now.date())
        opened = open_stack(stack).with_kubeconfig()
        with console(stderr=True).status("reading"):
            record = read_record(connect(opened.tenancy, env), period)
        report = make_report(opened.name, period, record)
    print_report(report, form)
