"""Which passphrase opens which stack's secrets. The engine reads it; it is in no argument and in no message."""

import os
from collections.abc import Mapping
from pathlib import Path

from ci.preview.engine_preview import CannotPreview
from components.config.stack_file import STACKS, stack_path
from components.config.strict_yaml import UnreadableYaml, load

VARIABLE = "PULUMI_CONFIG_PASSPHRASE"
FILE_VARIABLE = "PULUMI_CONFIG_PASSPHRASE_FILE"


def variables_for(
    stack: str, environment: Mapping[str, str], folder: Path | None, stacks: Path = STACKS
) -> dict[str, str]:
    """What an engine needs beside ``environment`` to open the stack's secrets.

    Args:
        stack: its name.
        environment: has one passphrase for all in one of the two variables, where there is no ``folder``.
        folder: has a file for each stack, named as the stack, with its passphrase alone in it.
        stacks: where the stack files are.

    Raises:
        CannotPreview: the stack's file says that it has a passphrase, and there is none for it.
    """
    if folder is not None:
        return _from_folder(stack, folder, stacks)
    file = environment.get(FILE_VARIABLE)
    if environment.get(VARIABLE) or not has_passphrase(stack, stacks):
        return {}
    if not file:
        raise CannotPreview(
            f"the stack {stack} has a passphrase, and neither {VARIABLE} nor {FILE_VARIABLE} is set: set one, or give "
            "--passphrases a folder with a file for each stack"
        )
    if not _is_filled(Path(file)):
        raise CannotPreview(
            f"the stack {stack} has a passphrase, and the file of {FILE_VARIABLE}, {file}, has none in it"
        )
    return {}


def has_passphrase(stack: str, stacks: Path = STACKS) -> bool:
    """Whether the stack's file says so. Of a file that cannot be read the engine is to tell."""
    try:
        document = load(stack_path(stack, stacks).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, UnreadableYaml):
        return False
    return isinstance(document, dict) and "encryptionsalt" in document


def _from_folder(stack: str, folder: Path, stacks: Path) -> dict[str, str]:
    file = folder / stack
    if _is_filled(file):
        return {FILE_VARIABLE: str(file.resolve())}
    if has_passphrase(stack, stacks):
        raise CannotPreview(
            f"the stack {stack} has a passphrase, and the folder {folder} has no file {stack} with it: write it there, "
            "for your eyes only (mode 600)"
        )
    return {}


def _is_filled(file: Path) -> bool:
    return file.is_file() and os.access(file, os.R_OK) and bool(file.read_bytes().strip())
