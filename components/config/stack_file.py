"""A tenancy from Pulumi's configuration in memory or from a stack file on disk. All problems at once, no traceback."""

import json
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path, PurePath
from typing import TypeVar

from pydantic import SecretStr, ValidationError

from components.config.problems import HIDDEN, NAMESPACE, InvalidTenancy, Problem, describe_errors, format_key
from components.config.schema import find_field, find_nearest, find_section
from components.config.section import Section
from components.config.strict_yaml import UnreadableYaml, load
from components.config.tenancy import Names, Tenancy
from components.freeipa.errors import PASSWORD_CONFIG_KEY

PASSWORD_KEY = PASSWORD_CONFIG_KEY.removeprefix(f"{NAMESPACE}:")
STACKS = Path("stacks")

_Settings = TypeVar("_Settings", bound=Section)
_KNOWN = {field.alias or name: find_section(field.annotation) for name, field in Tenancy.model_fields.items()}
_NAMING = {field.alias or name for name, field in Names.model_fields.items()}
_ENCRYPTED_OPAQUE = SecretStr(HIDDEN)


def read_config(config: Mapping[str, object], *, source: str, secret_keys: Collection[str] = ()) -> Tenancy:
    """The tenancy in a Pulumi configuration, e.g. ``pulumi.runtime.config.CONFIG.get()``.

    Args:
        config: keys ``pangeo:clusterName`` or ``clusterName``; other namespaces are ignored. Scalars may be strings,
            objects may be JSON text, as the engine hands them over. The bind password is left where it is.
        source: what the problems are listed under, e.g. ``stacks/Pulumi.vis.yaml``.
        secret_keys: keys set with ``--secret``, whose values no message shows.

    Raises:
        InvalidTenancy: with every problem found.
    """
    own: dict[str, object] = {}
    problems: list[Problem] = []
    for key, value in _own(config):
        if key == PASSWORD_KEY:
            continue
        try:
            own[key] = _parsed(key, value)
        except ValueError:
            shown = HIDDEN if key == "kubernetes" else str(value)[:1] + "…"
            problems.append(Problem(format_key((key,)), shown, "is not a group of settings; set its keys with --path"))
    hidden = {key.removeprefix(f"{NAMESPACE}:") for key in secret_keys}
    return _validate(Tenancy, own, problems, source, hidden)


def read_stack(path: Path, *, source: str | None = None) -> Tenancy:
    """The tenancy in a stack file. Encrypted values stay closed: a secret is only known to be there.

    Args:
        path: ``stacks/Pulumi.<tenancy>.yaml``.
        source: what the problems are listed under; by default the path.

    Raises:
        InvalidTenancy: the file cannot be read, or says something wrong; with every problem found.
    """
    source = source or str(path)
    own: dict[str, object] = {}
    problems: list[Problem] = []
    for key, value in _own(_config_of(path, source), problems):
        if key == PASSWORD_KEY:
            if not _is_encrypted(value):
                problems.append(Problem(format_key((key,)), HIDDEN, _in_plain_text(PASSWORD_KEY)))
            continue
        if key == "kubernetes" and _is_encrypted(value):
            continue
        own[key] = _opened((key,), value, problems)
    return _validate(Tenancy, own, problems, source, ())


def read_names(path: Path, *, source: str | None = None) -> Names:
    """Read the names in a stack file. Wrong values of settings that do not affect the names are no error.

    Args:
        path: ``stacks/Pulumi.<tenancy>.yaml``.
        source: the file's name in the list of problems; by default the path.

    Raises:
        InvalidTenancy: the file cannot be read, or a key that may affect the names is wrong; with every such problem.
    """
    source = source or str(path)
    own: dict[str, object] = {}
    problems: list[Problem] = []
    for key, value in _own(_config_of(path, source), problems):
        if key in _NAMING or (key not in _KNOWN and key != PASSWORD_KEY):
            own[key] = _opened((key,), value, problems)
    return _validate(Names, own, problems, source, ())


def stack_path(stack: str, folder: Path = STACKS) -> Path:
    """Where a stack's file is: ``vis`` is ``stacks/Pulumi.vis.yaml``; a path is taken as it is."""
    return Path(stack) if stack.endswith((".yaml", ".yml")) else folder / f"Pulumi.{stack}.yaml"


def stack_name(path: PurePath) -> str:
    """The stack that a file belongs to: ``vis`` for ``stacks/Pulumi.vis.yaml``."""
    return path.name.removeprefix("Pulumi.").removesuffix(".yaml")


def stacks(folder: Path = STACKS) -> list[str]:
    """The names of all stacks with a file, sorted."""
    return sorted(stack_name(path) for path in folder.glob("Pulumi.*.yaml"))


def _validate(
    model: type[_Settings], own: Mapping[str, object], found: list[Problem], source: str, hidden: Collection[str]
) -> _Settings:
    problems = list(found)
    told = {problem.key for problem in found}
    try:
        settings = model.model_validate(own, by_alias=True, by_name=False)
    except ValidationError as wrong:
        problems += [
            problem
            for problem in describe_errors(wrong, Tenancy, hidden)
            # A key that could not be taken over is not missing too.
            if not any(problem.key == field or problem.key.startswith((f"{field}.", f"{field}[")) for field in told)
        ]
        settings = None
    if problems or settings is None:
        raise InvalidTenancy(source, problems)
    return settings


def _own(config: Mapping[str, object], problems: list[Problem] | None = None) -> Iterator[tuple[str, object]]:
    """Keys of our namespace without it. In a file (``problems`` given) a key without a namespace is an error."""
    for full_key, value in config.items():
        namespace, colon, key = str(full_key).partition(":")
        if not colon and problems is not None:
            said = f"has no namespace; write {NAMESPACE}:{namespace}"
            problems.append(Problem(namespace, "", said))
        elif not colon:
            yield namespace, value
        elif namespace == NAMESPACE:
            yield key, value
        elif find_nearest(namespace, [NAMESPACE]) and key in _KNOWN and problems is not None:
            problems.append(Problem(str(full_key), "", f"is in the namespace {namespace}; write {NAMESPACE}:{key}"))


def _parsed(key: str, value: object) -> object:
    """The engine hands objects over as JSON text."""
    if not isinstance(value, str) or _KNOWN.get(key) is None:
        return value
    try:
        parsed = json.loads(value)
    except RecursionError:
        raise ValueError(key) from None
    if not isinstance(parsed, dict):
        raise ValueError(key)
    return parsed


def _config_of(path: Path, source: str) -> Mapping[str, object]:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        others = stacks(path.parent)
        near = find_nearest(stack_name(path), others)
        hint = f"did you mean the stack {near}?" if near else f"stacks there: {', '.join(others) or 'none'}"
        raise InvalidTenancy(source, [Problem("", "", f"there is no such file; {hint}")]) from None
    except UnicodeDecodeError:
        raise InvalidTenancy(source, [Problem("", "", "is not UTF-8 text; save it as UTF-8")]) from None
    except OSError as wrong:
        raise InvalidTenancy(source, [Problem("", "", f"cannot be read: {wrong.strerror}")]) from None
    try:
        document = load(text)
    except UnreadableYaml as wrong:
        raise InvalidTenancy(source, [Problem("", "", line) for line in wrong.lines]) from None
    config = document.get("config") if isinstance(document, dict) else None
    if not isinstance(config, dict):
        said = f"has no `config:` with the tenancy's settings below it, e.g. {NAMESPACE}:clusterName: vis-pangeo"
        raise InvalidTenancy(source, [Problem("", "", said)])
    return config


def _is_encrypted(value: object) -> bool:
    return isinstance(value, dict) and set(value) == {"secure"}


def _opened(location: tuple[int | str, ...], value: object, problems: list[Problem]) -> object:
    """The value with encrypted parts taken out where they may be, and told where they may not."""
    if location == ("kubernetes", "kubeconfig"):
        if isinstance(value, str) and "\n" in value.strip():
            problems.append(Problem(format_key(location), HIDDEN, _in_plain_text("--path kubernetes.kubeconfig")))
        return _ENCRYPTED_OPAQUE if _is_encrypted(value) else value
    if _is_encrypted(value):
        if find_field(Tenancy, location)[1] is None:
            return value
        said = "is encrypted, but previews and policies need to see it; set it again without --secret"
        problems.append(Problem(format_key(location), HIDDEN, said))
        return None
    if isinstance(value, dict) and _KNOWN.get(str(location[0])) is not None:
        return {key: _opened((*location, str(key)), inner, problems) for key, inner in value.items()}
    if isinstance(value, list):
        return [_opened((*location, index), inner, problems) for index, inner in enumerate(value)]
    return value


def _in_plain_text(key: str) -> str:
    return f"is a secret in plain text: change it where it is used, then: pulumi config set --secret {key}"
