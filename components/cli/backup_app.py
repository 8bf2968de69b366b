"""The commands ``backup …``."""

import typer

from components.cli.arguments import examples
from components.cli.backup.app import RUN_EXAMPLES, STATUS_EXAMPLES, run_backup, show_status
from components.cli.restore.app import LIST_EXAMPLES, RESTORE_EXAMPLES, list_backups, restore_backup

backup = typer.Typer(
    no_args_is_help=True,
    help="Back up and restore homes and the hub's database.",
    epilog=examples(STATUS_EXAMPLES[0], RUN_EXAMPLES[0], LIST_EXAMPLES[0], RESTORE_EXAMPLES[0]),
    rich_markup_mode=None,
)
backup.command("status", epilog=examples(*STATUS_EXAMPLES))(show_status)
backup.command("run", epilog=examples(*RUN_EXAMPLES))(run_backup)
backup.command("list", epilog=examples(*LIST_EXAMPLES))(list_backups)
backup.command("restore", epilog=examples(*RESTORE_EXAMPLES))(restore_backup)
