"""Any number of stacks by the official CLI, from one warm process, each with its own passphrase or one for all."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ci.many import Opened
from ci.official import CannotPreview, need_cli, notes_on
from ci.passphrases import FILE_VARIABLE, VARIABLE, variables_for
from ci.run import policies_of
from components.config.stack_file import STACKS
from previews import WarmProject, warm_project


@contextmanager
def official_stacks(project: Path, passphrases: Path | None) -> Iterator[tuple[WarmProject, Callable[[str], Opened]]]:
    """The project in ``project``, ready, and what opens a stack of it in the back-end of the environment.

    Args:
        project: holds ``Pulumi.yaml`` and the rest.
        passphrases: a folder with a file for each stack; without it, one passphrase for all is in the environment.

    Raises:
        CannotPreview: no CLI, or no such folder. Of a stack without a passphrase what opens it says so.
        CannotWarmUp: the process that forks the plugins did not come up.
    """
    need_cli()
    folder = passphrases and passphrases.absolute()
    if folder and not folder.is_dir():
        raise CannotPreview(f"--passphrases {passphrases}: there is no such folder")
    policies = policies_of(project)
    with warm_project(project, {}, policies=policies and policies.pack) as warm:
        if folder:
            # An engine asks these before the file of its own stack. The block's end brings them back.
            for variable in (VARIABLE, FILE_VARIABLE):
                os.environ.pop(variable, None)

        def opened(name: str) -> Opened:
            own = variables_for(name, os.environ, folder, project / STACKS)
            return warm.stack(name, own), notes_on(os.environ)

        yield warm, opened
