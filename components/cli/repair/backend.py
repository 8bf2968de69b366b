"""A stack's state in its backend, read and written with the Pulumi CLI."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from components.cli.pulumi_cli import PulumiFailed, read_list, read_object, run_pulumi, without_credentials
from components.cli.repair.state import Export
from components.cluster.private_file import private_file

_ALREADY_EXISTS = "already exists"
_LOCKED = "currently locked"


@dataclass(frozen=True)
class Backend:
    """The selected backend, and one stack in it."""

    stack: str
    environment: Mapping[str, str]

    def url(self) -> str:
        """Return the backend's URL without credentials.

        Raises:
            PulumiFailed: the backend cannot be used.
        """
        found = read_object(["whoami", "--verbose", "--json"], self.environment, purpose="the backend cannot be used")
        return without_credentials(str(found.get("url")))

    def export(self) -> Export:
        """Return the state, with encrypted secrets.

        Raises:
            PulumiFailed: the state cannot be read.
        """
        arguments = ["stack", "export", "--stack", self.stack]
        return read_object(arguments, self.environment, purpose=f"the state of {self.stack} cannot be read")

    def replace(self, before: Export, after: Export) -> None:
        """Write the state ``after``, unless it is no longer ``before``. A locked stack is refused by the backend.

        Raises:
            PulumiFailed: the state cannot be written, or was changed.
        """
        if self.export() != before:
            problem = f"the state of {self.stack} was changed meanwhile, and was not repaired"
            raise PulumiFailed(problem, "", f"run again: python -m components repair {self.stack}")
        with private_file(json.dumps(after)) as file:
            arguments = ["stack", "import", "--stack", self.stack, "--file", str(file)]
            run_pulumi(arguments, self.environment, purpose=f"the state of {self.stack} cannot be written")

    def lock(self) -> str | None:
        """Return the message about a run that holds the stack's lock; None if there is none.

        Raises:
            PulumiFailed: it is not known whether the stack is locked.
        """
        purpose = f"it is not known whether the stack {self.stack} is locked"
        for each in read_list(["stack", "ls", "--json"], self.environment, purpose=purpose):
            if str(each.get("name", "")).rpartition("/")[2] == self.stack and "updateInProgress" in each:
                return "an update of the stack is in progress" if each["updateInProgress"] else None
        # A backend in a folder or bucket lists no locks, and reading the state needs none. To create a stack that
        # exists is refused, and before that the lock is taken: the only command that takes it and changes nothing.
        try:
            run_pulumi(["stack", "init", self.stack, "--no-select"], self.environment, purpose=purpose)
        except PulumiFailed as failed:
            if _LOCKED in failed.messages:
                return failed.messages.removeprefix("error: ").removeprefix("could not create stack: ")
            if _ALREADY_EXISTS in failed.messages:
                return None
            raise
        return None
