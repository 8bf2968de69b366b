"""The shell of ``make shell``: the operator's commands, kubectl and pulumi on the running local tenancy."""

from local.shell.session import open_shell

__all__ = ["open_shell"]
