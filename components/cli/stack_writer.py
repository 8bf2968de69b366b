"""A new stack file: the model's own words above each key, checked before it is written, never over another file."""

import re
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from components.config.collisions import find_collisions
from components.config.problems import NAMESPACE, InvalidTenancy, Problem
from components.config.schema import field_metadata, find_field
from components.config.stack_file import read_config, read_stack, stack_path, stacks
from components.config.tenancy import Tenancy
from components.freeipa.errors import InvalidSetting
from components.freeipa.settings import authorities

WIDTH = 110
STACK_NAME = re.compile(r"[A-Za-z0-9_.-]{1,100}")
"""The engine's rule (pulumi/pulumi, ``sdk/go/common/tokens``)."""

HEAD = """\
# yaml-language-server: $schema=schema.json
# The tenancy {stack}. To check it: python -m components check {stack}. All keys: docs/configuration.md
# The bind password is not here: FREEIPA_BIND_PASSWORD, or pulumi config set --secret {namespace}:identityBindPassword
config:
"""


def write_new(stack: str, settings: Mapping[str, Any], folder: Path) -> tuple[Path, Tenancy]:
    """Check the settings and write ``Pulumi.<stack>.yaml``.

    Args:
        stack: the stack's name.
        settings: keys as the file spells them, without the namespace; groups as mappings.
        folder: where stack files are.

    Raises:
        InvalidTenancy: with every problem found; also where the file is there already, or another stack has the same
            group or domain. Nothing is written then.
    """
    if not STACK_NAME.fullmatch(stack) or stack.endswith((".yaml", ".yml")):
        said = "is no name of a stack: letters, digits, - and _, at most 100"
        raise InvalidTenancy("new", [Problem("stack", stack, said)])
    path = stack_path(stack, folder)
    there = Problem("", "", "is there already and is left as it is; choose another name, or edit it")
    if path.exists():
        raise InvalidTenancy(str(path), [there])
    tenancy = read_config({f"{NAMESPACE}:{key}": value for key, value in settings.items()}, source=str(path))
    for clash in find_collisions({**_others(folder), str(path): tenancy}):
        raise clash
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(stack_text(stack, settings))
    except FileExistsError:  # made by somebody else since
        raise InvalidTenancy(str(path), [there]) from None
    except OSError as failure:
        raise InvalidTenancy(str(path), [Problem("", "", f"cannot be written: {failure.strerror}")]) from None
    return path, read_stack(path)


def stack_text(stack: str, settings: Mapping[str, Any]) -> str:
    """The file's text."""
    lines = HEAD.format(stack=stack, namespace=NAMESPACE).rstrip("\n").split("\n")
    for key, value in settings.items():
        lines += _key((key,), f"{NAMESPACE}:{key}", value, depth=1)
    return "\n".join(lines) + "\n"


def number(text: str) -> str | int | float:
    """What was typed, as the number it is; what is none stays as it is, for the model to complain of."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _key(location: tuple[str, ...], spelled: str, value: object, depth: int) -> Iterator[str]:
    indent = "  " * depth
    yield from textwrap.wrap(
        _description(location), WIDTH, initial_indent=f"{indent}# ", subsequent_indent=f"{indent}# "
    )
    if isinstance(value, Mapping):
        yield f"{indent}{spelled}:"
        for key, inner in value.items():
            yield from _key((*location, key), key, inner, depth + 1)
        return
    text = yaml.dump({spelled: value}, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10_000)
    yield from (f"{indent}{line}" for line in text.rstrip("\n").split("\n"))


def _description(location: tuple[str, ...]) -> str:
    _, field = find_field(Tenancy, location)
    if field is None:
        return ""
    unit = field_metadata(field, "unit")
    fixed = {"no": "; cannot change after the first up", "grow only": "; can only grow"}
    return f"{field.description}{f' ({unit})' if unit else ''}{fixed.get(str(field_metadata(field, 'updates')), '')}"


class _Dumper(yaml.SafeDumper):
    """Texts of several lines, as certificates are, as blocks."""


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    style = "|" if "\n" in value else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _text)


def _others(folder: Path) -> dict[str, Tenancy]:
    found = {}
    for name in stacks(folder):
        path = stack_path(name, folder)
        try:
            found[str(path)] = read_stack(path)
        except InvalidTenancy:  # another's mistakes are told by check
            continue
    return found


def certificate_text(path: str, option: str) -> str:
    """The content of the PEM file that the operator named by this option.

    Raises:
        InvalidTenancy: it cannot be read, or holds no certificate.
    """
    try:
        return authorities(Path(path).expanduser().read_text(encoding="ascii"))
    except UnicodeDecodeError:
        why = "it is not PEM text"
    except OSError as failure:
        why = failure.strerror or type(failure).__name__
    except (ValueError, RuntimeError):  # a name that no file can have; the home of nobody
        why = "there is no such file"
    except InvalidSetting as refusal:
        why = refusal.reason
    raise InvalidTenancy(option, [Problem("", "", f"{path} cannot be used: {why}")])
