"""The passphrase of each stack. Only the engine reads it; it is in no argument and in no message."""

import os
from collections.abc import Mapping
from pathlib import Path

from ci.preview.engine_preview import CannotPreview
from components.config.stack_file import STACKS, stack_path
from components.config.strict_yaml import UnreadableYaml, load

VARIABLE = "PULUMI_CONFIG_PASSPHRASE"
"""Environment variable of the engine with a passphrase."""

FILE_VARIABLE = "PULUMI_CONFIG_PASSPHRASE_FILE"
"""Environment variable of the engine with the path of a file that holds a passphrase."""


def passphrase_variables(
    stack: str, environment: Mapping[str, str], folder: Path | None, stacks: Path = STACKS
) -> dict[str, str]:
    """Return the variables that an engine needs in addition to ``environment`` to decrypt the stack's secrets.

    Args:
        stack: the stack's name.
        environment: without a ``folder``, one of the two variables in it has one passphrase for all stacks.
        folder: a folder with a file for each stack; it is named as the stack and holds the passphrase alone.
        stacks: the folder of the stack files.

    Raises:
        CannotPreview: the stack has a passphrase, and it is missing.
    """
    if folder is not None:
        return _variables_from_folder(stack, folder, stacks)
    if environment.get(VARIABLE) or not has_passphrase(stack, stacks):
        return {}
    file = environment.get(FILE_VARIABLE)
    if not file:
        raise CannotPreview(
            f"the stack {stack} has a passphrase, but neither {VARIABLE} nor {FILE_VARIABLE} is set; set one of them, "
            "or pass --passphrases with a folder that has a file for each stack"
        )
    if not _has_text(Path(file)):
        raise CannotPreview(
            f"the stack {stack} has a passphrase, but the file {file} in {FILE_VARIABLE} is empty or cannot be read"
        )
    return {}


def has_passphrase(stack: str, stacks: Path = STACKS) -> bool:
    """Return whether the stack's file has an encryption salt; False also if the file cannot be read.

    The engine reports the error of an unreadable file.
    """
    try:
        document = load(stack_path(stack, stacks).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, UnreadableYaml):
        return False
    return isinstance(document, dict) and "encryptionsalt" in document


def _variables_from_folder(stack: str, folder: Path, stacks: Path) -> dict[str, str]:
    file = folder / stack
    if _has_text(file):
        return {FILE_VARIABLE: str(file.resolve())}
    if has_passphrase(stack, stacks):
        raise CannotPreview(
            f"the stack {stack} has a passphrase, but the folder {folder} has no file {stack} with it; write that "
            "file, readable only by you (mode 600)"
        )
    return {}


def _has_text(file: Path) -> bool:
    return file.is_file() and os.access(file, os.R_OK) and bool(file.read_bytes().strip())
