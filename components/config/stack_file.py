"""Stack files: their names, and the tenancy read from a file or from the engine's configuration."""

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from pathlib import Path, PurePath
from typing import TypeVar, get_origin

from pydantic import SecretStr, ValidationError

from components.config.encrypted_keys import ENCRYPTED_VALUE, ENCRYPTED_VARIABLE
from components.config.kubeconfig_text import is_kubeconfig_text
from components.config.problems import HIDDEN, MISSING, NAMESPACE, SECRET_KEYS, InvalidTenancy, Problem, format_key
from components.config.schema import find_field, find_nearest, find_section
from components.config.section import Section
from components.config.strict_yaml import UnreadableYaml, load
from components.config.tenancy import Tenancy
from components.config.validation import describe_errors

STACKS = Path("stacks")
"""Folder of the stack files, relative to the checkout."""

SECTIONS = {field.alias or name: find_section(field.annotation) for name, field in Tenancy.model_fields.items()}
"""Every top-level key, with its section; None for a key with a single value."""

LISTS = {field.alias or name for name, field in Tenancy.model_fields.items() if get_origin(field.annotation) is tuple}
"""The top-level keys whose value is a list of sections."""

ENVIRONMENT = "environment"
"""Key of a stack file with the Pulumi ESC environments whose configuration the engine adds to that of the file."""

_ENCRYPTED = SecretStr(HIDDEN)
"""Placeholder for an encrypted value that is not decrypted here."""

Model = TypeVar("Model", bound=Section)
_NOT_A_SECTION = "is not a section; set its keys with --path"
_NOT_A_LIST = "is not a list of sections; set their keys with --path, for example sharedFolders[0].name"


def stack_path(stack: str, folder: Path = STACKS) -> Path:
    """Return the file of a stack: ``stacks/Pulumi.vis.yaml`` for ``vis``. A path of a file is returned unchanged."""
    return Path(stack) if stack.endswith((".yaml", ".yml")) else folder / f"Pulumi.{stack}.yaml"


def stack_name(path: PurePath) -> str:
    """Return the stack of a file: ``vis`` for ``stacks/Pulumi.vis.yaml``."""
    return path.name.removeprefix("Pulumi.").removesuffix(".yaml")


def stacks(folder: Path = STACKS) -> list[str]:
    """Return the names of all stacks that have a file, sorted."""
    return sorted(stack_name(path) for path in folder.glob("Pulumi.*.yaml"))


def is_encrypted(value: object) -> bool:
    """Return whether a value of a stack file was set with ``--secret``."""
    return isinstance(value, dict) and set(value) == {"secure"}


def read_config(config: Mapping[str, object], *, source: str, secret_keys: Collection[str] = ()) -> Tenancy:
    """Read the tenancy from a Pulumi configuration, e.g. ``pulumi.runtime.config.CONFIG.get()``.

    Args:
        config: Values by key (``pangeo:clusterName`` or ``clusterName``); other namespaces are ignored. Scalars may be
            strings and sections may be JSON, as the engine passes them. The passwords are not read.
        source: Name of the configuration in messages, e.g. ``stacks/Pulumi.vis.yaml``.
        secret_keys: Keys set with ``--secret``, whose values no message may show.

    Raises:
        InvalidTenancy: The configuration is invalid; the error holds every problem.
    """
    settings: dict[str, object] = {}
    problems: list[Problem] = []
    for key, value in select_keys(config):
        if key in SECRET_KEYS:
            continue
        try:
            settings[key] = _parse_section(key, value)
        except ValueError:
            shown = HIDDEN if key == "kubernetes" else str(value)[:1] + "…"
            message = _NOT_A_LIST if key in LISTS else _NOT_A_SECTION
            problems.append(Problem(format_key((key,)), shown, message))
    hidden = {key.removeprefix(f"{NAMESPACE}:") for key in secret_keys}
    kubernetes = settings.get("kubernetes")
    if "kubernetes" not in hidden and isinstance(kubernetes, dict) and "kubeconfig" in kubernetes:
        checked = _report_plain_kubeconfig(kubernetes["kubeconfig"], problems)
        settings["kubernetes"] = {**kubernetes, "kubeconfig": checked}
    return validate(Tenancy, settings, problems, source, hidden)


class IncompleteTenancy(InvalidTenancy):
    """A stack file whose only problems are missing keys, which its Pulumi ESC environment may set."""


def read_stack(path: Path, *, source: str | None = None) -> Tenancy:
    """Read the tenancy from a stack file. Encrypted values are not decrypted.

    Args:
        path: The file, ``stacks/Pulumi.<tenancy>.yaml``.
        source: Name of the file in messages; by default the path.

    Raises:
        IncompleteTenancy: The file uses a Pulumi ESC environment, and required keys are not in the file.
        InvalidTenancy: The file cannot be read or is invalid; the error holds every problem.
    """
    source = source or str(path)
    settings: dict[str, object] = {}
    problems: list[Problem] = []
    for key, value in select_keys(read_config_section(path, source), problems):
        if key in SECRET_KEYS:
            if not is_encrypted(value):
                problems.append(Problem(format_key((key,)), HIDDEN, _plain_secret_message(f"{NAMESPACE}:{key}")))
            continue
        if key == "kubernetes" and is_encrypted(value):
            value = {"kubeconfig": value}
        settings[key] = replace_encrypted((key,), value, problems)
    try:
        return validate(Tenancy, settings, problems, source, ())
    except InvalidTenancy as invalid:
        if uses_environment(path) and all(problem.value == MISSING for problem in invalid.problems):
            missing = [
                replace(each, message=f"{each.message}; it may be in the file's Pulumi ESC environment")
                for each in invalid.problems
            ]
            raise IncompleteTenancy(source, missing) from None
        raise


def uses_environment(path: Path) -> bool:
    """Return whether a stack file takes a part of its configuration from Pulumi ESC; False for an unreadable file."""
    try:
        text = path.read_text(encoding="utf-8")
        # Most files do not have the word, and need not be parsed.
        document = load(text) if ENVIRONMENT in text else None
    except (OSError, UnicodeDecodeError, UnreadableYaml):
        return False
    return isinstance(document, dict) and bool(document.get(ENVIRONMENT))


def validate(
    model: type[Model], settings: Mapping[str, object], found: list[Problem], source: str, hidden: Collection[str]
) -> Model:
    """Validate settings, and report the problems found before and new ones together.

    Raises:
        InvalidTenancy: There are problems.
    """
    problems = list(found)
    reported = {problem.key for problem in found}
    try:
        validated = model.model_validate(settings, by_alias=True, by_name=False)
    except ValidationError as invalid:
        problems += [
            problem
            for problem in describe_errors(invalid, Tenancy, hidden)
            # A key that was reported and left out is not also missing.
            if not any(problem.key == key or problem.key.startswith((f"{key}.", f"{key}[")) for key in reported)
        ]
        validated = None
    if problems or validated is None:
        raise InvalidTenancy(source, problems)
    return validated


def select_keys(config: Mapping[str, object], problems: list[Problem] | None = None) -> Iterator[tuple[str, object]]:
    """Yield the keys of the program's namespace, without it.

    Only with ``problems``, i.e. for a file, a key without a namespace is a problem.
    """
    for full_key, value in config.items():
        namespace, colon, key = str(full_key).partition(":")
        if not colon and problems is not None:
            problems.append(Problem(namespace, "", f"has no namespace; write {NAMESPACE}:{namespace}"))
        elif not colon:
            yield namespace, value
        elif namespace == NAMESPACE:
            # The engine reads the old form pangeo:config:key as pangeo:key.
            yield key.removeprefix("config:"), value
        elif find_nearest(namespace, [NAMESPACE]) and key in SECTIONS and problems is not None:
            problems.append(Problem(str(full_key), "", f"is in the namespace {namespace}; write {NAMESPACE}:{key}"))


def _parse_section(key: str, value: object) -> object:
    """Parse a section that the engine passes as JSON; return every other value as it is."""
    if not isinstance(value, str) or SECTIONS.get(key) is None:
        return value
    try:
        parsed = json.loads(value)
    except RecursionError:
        raise ValueError(key) from None
    if not isinstance(parsed, list if key in LISTS else dict):
        raise ValueError(key)
    return parsed


def read_config_section(path: Path, source: str) -> Mapping[str, object]:
    """Read the mapping below ``config:`` of a stack file.

    Raises:
        InvalidTenancy: The file cannot be read, or has no such mapping.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        others = stacks(path.parent)
        nearest = find_nearest(stack_name(path), others)
        hint = f"did you mean the stack {nearest}?" if nearest else f"existing stacks: {', '.join(others) or 'none'}"
        raise InvalidTenancy(source, [Problem("", "", f"does not exist; {hint}")]) from None
    except UnicodeDecodeError:
        raise InvalidTenancy(source, [Problem("", "", "is not UTF-8 text; save it as UTF-8")]) from None
    except OSError as error:
        raise InvalidTenancy(source, [Problem("", "", f"cannot be read: {error.strerror}")]) from None
    return parse_config_section(text, source)


def parse_config_section(text: str, source: str) -> Mapping[str, object]:
    """Return the mapping below ``config:`` in the text of a stack file.

    Raises:
        InvalidTenancy: The text is not valid YAML, or has no such mapping.
    """
    try:
        document = load(text)
    except UnreadableYaml as error:
        raise InvalidTenancy(source, [Problem("", "", line) for line in error.lines]) from None
    config = document.get("config") if isinstance(document, dict) else None
    if config is None and isinstance(document, dict) and document.get(ENVIRONMENT):
        return {}
    if not isinstance(config, dict):
        message = (
            f"has no `config:`; write the tenancy's keys below it, for example {NAMESPACE}:clusterName: vis-pangeo"
        )
        raise InvalidTenancy(source, [Problem("", "", message)])
    return config


def replace_encrypted(location: tuple[int | str, ...], value: object, problems: list[Problem]) -> object:
    """Replace an encrypted kubeconfig by a placeholder; report all other encrypted values, and a plain kubeconfig."""
    if location == ("kubernetes", "kubeconfig"):
        if is_encrypted(value):
            return _ENCRYPTED
        return _report_plain_kubeconfig(value, problems)
    if is_encrypted(value):
        if find_field(Tenancy, location)[1] is None:
            return value
        is_variable = any(part in ("environment", "groupEnvironment") for part in location)
        problems.append(Problem(format_key(location), HIDDEN, ENCRYPTED_VARIABLE if is_variable else ENCRYPTED_VALUE))
        return None
    if isinstance(value, dict) and SECTIONS.get(str(location[0])) is not None:
        return {key: replace_encrypted((*location, str(key)), inner, problems) for key, inner in value.items()}
    if isinstance(value, list):
        return [replace_encrypted((*location, index), inner, problems) for index, inner in enumerate(value)]
    return value


def _report_plain_kubeconfig(value: object, problems: list[Problem]) -> object:
    """Report the content of a kubeconfig, as text or as a section, and leave it out; return anything else as it is."""
    if value in (None, "") or (isinstance(value, str) and not is_kubeconfig_text(value)):
        return value
    message = _plain_secret_message(f"--path {NAMESPACE}:kubernetes.kubeconfig < FILE")
    problems.append(Problem(format_key(("kubernetes", "kubeconfig")), HIDDEN, message))
    return None


def _plain_secret_message(key: str) -> str:
    return f"is a secret in plain text; replace it by a new secret, then run: pulumi config set --secret {key}"
