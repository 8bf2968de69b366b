"""The commands ``backup …``."""

import typer

from components.cli.arguments import examples
from components.cli.backup.app import RUN_EXAMPLES, STATUS_EXAMPLES, run_backup, show_status

backup = typer.Typer(
    no_args_is_help=True,
    help="Back up homes and the hub's database.",
    epilog=examples(RUN_EXAMPLES[0], STATUS_EXAMPLES[0]),
    rich_markup_mode=None,
)
backup.command("run", epilog=examples(*RUN_EXAMPLES))(run_backup)
backup.command("status", epilog=examples(*STATUS_EXAMPLES))(show_status)
