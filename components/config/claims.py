"""The names that stack files use, read also from files with other mistakes."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from pydantic import ValidationError

from components.config.backup import BackupPlace
from components.config.cluster import Kubernetes
from components.config.collisions import Claims, ClusterName, directory_name, export_volumes
from components.config.identity import DirectoryKeys
from components.config.ingress import Ingress
from components.config.names import Names
from components.config.problems import SECRET_KEYS, InvalidTenancy, Problem
from components.config.stack_file import (
    SECTIONS,
    Model,
    is_encrypted,
    parse_config_section,
    read_config_section,
    replace_encrypted,
    select_keys,
    stack_name,
    stack_path,
    stacks,
    uses_environment,
    validate,
)

_NAMING_KEYS = {field.alias or name for name, field in Names.model_fields.items()}


def read_claims(path: Path, *, source: str | None = None) -> Claims:
    """Read the names that a stack file uses. Invalid values of keys that do not affect the names are ignored.

    Args:
        path: The file, ``stacks/Pulumi.<tenancy>.yaml``.
        source: Name of the file in messages; by default the path.

    Raises:
        InvalidTenancy: The file cannot be read, or a key that may affect the names is invalid; the error holds every
            such problem.
    """
    source = source or str(path)
    claims = _claims(read_config_section(path, source), source)
    if claims.cluster == ClusterName() and uses_environment(path):
        return replace(claims, cluster=ClusterName(is_known=False))
    return claims


def read_claims_text(text: str, *, source: str) -> Claims:
    """Read the names in the text of a stack file, as :func:`read_claims` does."""
    return _claims(parse_config_section(text, source), source)


def _claims(config: Mapping[str, object], source: str) -> Claims:
    settings: dict[str, object] = {}
    problems: list[Problem] = []
    sections: dict[str, object] = {}
    for key, value in select_keys(config, problems):
        if key in _NAMING_KEYS or (key not in SECTIONS and key not in SECRET_KEYS):
            settings[key] = replace_encrypted((key,), value, problems)
        elif key in ("identity", "kubernetes", "ingress", "sharedFolders", "backup"):
            sections[key] = value
    names = validate(Names, settings, problems, source, ())
    directory = _select_valid(DirectoryKeys, sections.get("identity"))
    ingress = _select_valid(Ingress, sections.get("ingress"))
    backup = _select_valid(BackupPlace, sections.get("backup"))
    return Claims(
        _cluster_name(sections.get("kubernetes")),
        names.namespace,
        None if directory is None else directory_name(directory),
        names.notebook_users_group,
        names.domain,
        is_domain_derived=names.pangeo_domain is None,
        has_user_hosts=ingress is not None and ingress.user_subdomains,
        volumes=export_volumes(names.cluster_name, _names_of_exports(sections.get("sharedFolders"))),
        repository=None if backup is None else backup.place(names.cluster_name),
    )


def read_folder(folder: Path) -> dict[Path, Claims | InvalidTenancy]:
    """Read the names of all stacks in a folder, or why they cannot be read."""
    found: dict[Path, Claims | InvalidTenancy] = {}
    for path in (stack_path(name, folder) for name in stacks(folder)):
        try:
            found[path] = read_claims(path)
        except InvalidTenancy as invalid:
            found[path] = invalid
    return found


def others_in_folder(own: str, folder: Path) -> dict[str, Claims | InvalidTenancy]:
    """Read the names of all stacks in a folder except ``own``, by what messages call the stack."""
    return {
        f"the stack {stack_name(path)} ({path.name})": claims
        for path, claims in read_folder(folder).items()
        if stack_name(path) != own
    }


def _select_valid(model: type[Model], section: object) -> Model | None:
    """Validate only the model's own keys of a section; None if one of them is invalid."""
    if not isinstance(section, dict):
        return None
    aliases = [field.alias or name for name, field in model.model_fields.items()]
    try:
        return model.model_validate({key: section[key] for key in aliases if key in section}, by_name=False)
    except ValidationError:
        return None


def _names_of_exports(folders: object) -> Iterator[str | None]:
    for folder in folders if isinstance(folders, list) else ():
        name = folder.get("name") if isinstance(folder, dict) and folder.get("nfs") not in (None, "") else None
        yield name.strip() if isinstance(name, str) else None


def _cluster_name(section: object) -> ClusterName:
    if section in (None, ""):
        return ClusterName()
    if not isinstance(section, dict) or is_encrypted(section) or section.get("kubeconfig") not in (None, ""):
        return ClusterName(is_known=False)
    settings = _select_valid(Kubernetes, section)
    return ClusterName(is_known=False) if settings is None else ClusterName(settings.context)
