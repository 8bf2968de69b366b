"""Writing of a new stack file, with the model's description above each key."""

import re
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from components.config.claims import read_folder
from components.config.collisions import claims_of, compare_names
from components.config.problems import NAMESPACE, InvalidTenancy, Problem
from components.config.schema import field_metadata, find_field
from components.config.section import UPDATE_NOTES
from components.config.stack_file import read_config, read_stack, stack_path
from components.config.tenancy import Tenancy
from components.freeipa.errors import InvalidSetting
from components.freeipa.settings import authorities

WIDTH = 110
STACK_NAME = re.compile(r"[A-Za-z0-9_.-]{1,100}")
"""Names that the engine accepts for stacks (pulumi/pulumi, ``sdk/go/common/tokens``)."""

HEADER = """\
# yaml-language-server: $schema=schema.json
# Tenancy {stack}. Check this file with: python -m components check {stack}. All keys: docs/configuration.md
# Set the bind password with FREEIPA_BIND_PASSWORD, or pulumi config set --secret {namespace}:identityBindPassword
config:
"""


class Written(NamedTuple):
    """A new stack file."""

    path: Path
    tenancy: Tenancy
    warnings: tuple[str, ...]
    """Names that another stack may also use, and stack files that cannot be compared."""


def write_stack(stack: str, settings: Mapping[str, Any], folder: Path) -> Written:
    """Check the settings and write ``Pulumi.<stack>.yaml``.

    Args:
        stack: the stack's name.
        settings: keys as in the file, without the namespace; sections as mappings.
        folder: the folder of the stack files.

    Raises:
        InvalidTenancy: the settings are not valid, the file already exists, or another stack uses the same namespace,
            group or domain. Nothing is written.
    """
    if not STACK_NAME.fullmatch(stack) or stack.endswith((".yaml", ".yml")):
        message = "is not a stack name; write letters, digits, _ . and -, at most 100 characters"
        raise InvalidTenancy("new", [Problem("stack", stack, message)])
    path = stack_path(stack, folder)
    exists = Problem("", "", "already exists and was not changed; choose another name, or edit it")
    if path.exists():
        raise InvalidTenancy(str(path), [exists])
    tenancy = read_config({f"{NAMESPACE}:{key}": value for key, value in settings.items()}, source=str(path))
    compared = compare_names(claims_of(tenancy), {str(other): each for other, each in read_folder(folder).items()})
    if compared.problems:
        raise InvalidTenancy(str(path), compared.problems)
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(stack_text(stack, settings))
    except FileExistsError:  # created in the meantime
        raise InvalidTenancy(str(path), [exists]) from None
    except OSError as failure:
        raise InvalidTenancy(str(path), [Problem("", "", f"cannot be written: {failure.strerror}")]) from None
    return Written(path, read_stack(path), compared.warnings)


def stack_text(stack: str, settings: Mapping[str, Any]) -> str:
    """Return the text of the stack file."""
    lines = HEADER.format(stack=stack, namespace=NAMESPACE).rstrip("\n").split("\n")
    for key, value in settings.items():
        lines += _key_lines((key,), f"{NAMESPACE}:{key}", value, depth=1)
    return "\n".join(lines) + "\n"


def parse_number(text: str) -> str | int | float:
    """Return the text as a number; unchanged where it is not one, so that the model reports it."""
    for parse in (int, float):
        try:
            return parse(text)
        except ValueError:
            continue
    return text


def _key_lines(location: tuple[str, ...], spelled: str, value: object, depth: int) -> Iterator[str]:
    indent = "  " * depth
    yield from textwrap.wrap(
        _description(location), WIDTH, initial_indent=f"{indent}# ", subsequent_indent=f"{indent}# "
    )
    if isinstance(value, Mapping):
        yield f"{indent}{spelled}:"
        for key, inner in value.items():
            yield from _key_lines((*location, key), key, inner, depth + 1)
        return
    text = yaml.dump({spelled: value}, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10_000)
    yield from (f"{indent}{line}" for line in text.rstrip("\n").split("\n"))


def _description(location: tuple[str, ...]) -> str:
    _, field = find_field(Tenancy, location)
    if field is None:
        return ""
    details = [field_metadata(field, "unit"), UPDATE_NOTES.get(str(field_metadata(field, "updates")))]
    text = "; ".join(str(detail) for detail in details if detail)
    return f"{field.description} ({text})" if text else str(field.description)


class _Dumper(yaml.SafeDumper):
    """YAML writer that writes text of several lines, such as certificates, as a block."""


def _represent_text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    style = "|" if "\n" in value else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _represent_text)


def read_certificate(path: str, option: str) -> str:
    """Return the content of a PEM file.

    Args:
        path: the file.
        option: the option that names the file, for the message.

    Raises:
        InvalidTenancy: it cannot be read, or contains no certificate.
    """
    try:
        return authorities(Path(path).expanduser().read_text(encoding="ascii"))
    except UnicodeDecodeError:
        reason = "it is not PEM text"
    except OSError as failure:
        reason = failure.strerror or type(failure).__name__
    except (ValueError, RuntimeError):  # not a valid file name; an unknown user's home
        reason = "there is no such file"
    except InvalidSetting as refusal:
        reason = refusal.reason
    raise InvalidTenancy(option, [Problem("", "", f"{path} cannot be used: {reason}")])
