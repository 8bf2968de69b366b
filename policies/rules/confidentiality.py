"""Secrets: none in plain text where the state, previews or objects in the cluster show it."""

import base64
import binascii
import contextlib
import re
from collections.abc import Iterator, Sequence

from pulumi_policy.proxy import UnknownValueError

from components.config.credentials import contains_credential, is_secret_text
from policies.kinds import PROVIDERS, RANDOM, RELEASE, REVEALED, SECRET
from policies.merged import declared_values
from policies.pods import ENVIRONMENTS, find_variables, services_settings, users_settings
from policies.rule import Context, Resource, Rule
from policies.secret_paths import is_secret
from policies.tree import UNKNOWN, Path, format_path, get, leaves

PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")
MIN_SECRET_LENGTH = 6
"""The length, in characters, from which a secret is searched for; shorter ones occur in harmless texts."""


def _check_secrets(resources: Sequence[Resource], context: Context) -> Iterator[tuple[str, str]]:
    generated = _generated_secrets(resources)
    own = {secret: name for name, secret in _own_secrets(context) if len(secret) >= MIN_SECRET_LENGTH}
    for resource in resources:
        if resource.type.startswith(PROVIDERS):  # the engine keeps the configuration there, encrypted
            continue
        if resource.type in REVEALED:
            yield "the id, which the state has in plain text, is the value", resource.urn
        elif resource.type == SECRET.type:
            yield from ((message, resource.urn) for message in _check_data(resource, generated, context))
        for path, value in _leaves(resource, context):
            in_values = resource.type == RELEASE.type and path[0] == "values"
            if is_secret := in_values and _is_secret(path, value):
                yield (
                    f"{format_path(path)} contains a secret; templates can print a release's values",
                    resource.urn,
                )
            if not isinstance(value, str):
                continue
            if in_values and any(secret in value for secret in generated):
                yield f"{format_path(path)} contains one of the stack's random secrets", resource.urn
            for secret, name in own.items():
                if secret in value and not _is_read_password(resource, path, context):
                    yield f"{format_path(path)} contains {name}", resource.urn
            if PRIVATE_KEY.search(value):
                yield f"{format_path(path)} contains a private key", resource.urn
            elif not is_secret and contains_credential(value):
                yield f"{format_path(path)} contains a token, a key or a URL with a log-in", resource.urn


def _leaves(resource: Resource, context: Context) -> Iterator[tuple[Path, object]]:
    """Yield a resource's values; for the release, those that Helm merges, which ``chart/values.yaml`` adds to.

    A variable in the form of a container's, in a list or not, has its name as the last part of the path.
    """
    if not RELEASE.includes(resource):
        yield from leaves(resource.props)
        return
    yield from ((path, value) for path, value in leaves(resource.props) if path[0] != "values")
    merged = declared_values(resource, context)
    names: dict[Path, str] = {}
    with contextlib.suppress(UnknownValueError):  # declared-variables refuses such a value
        for place, tree in (*users_settings(merged), *services_settings(merged)):
            names |= {path: name for path, name, _ in find_variables(tree, place)}
    for path, value in leaves(merged, ("values",)):
        name = names.get(path[1:-1]) if path[-1] == "value" else None
        yield ((*path[:-2], name), value) if name else (path, value)


def _is_secret(path: Path, value: object) -> bool:
    """Return whether a chart value is a secret; for environment variables, by the same rules as in a stack file."""
    if value is UNKNOWN or not isinstance(value, str):
        return value is UNKNOWN and is_secret(path)
    if path[-2] in ENVIRONMENTS:
        return is_secret_text(str(path[-1]), value)
    return bool(value) and is_secret(path)


def _generated_secrets(resources: Sequence[Resource]) -> set[str]:
    """Return the values of the random resources that are known already."""
    return {
        value
        for each in resources
        if each.type == RANDOM
        for path, value in leaves(each.props)
        if path == ("result",) and isinstance(value, str) and value
    }


def _is_read_password(resource: Resource, path: Path, context: Context) -> bool:
    """Return whether the value is in the one place in the cluster where the hub's pod reads that password from."""
    # They import pydantic, which loads at the same time as the program.
    from components.chart.members_access import READ_PASSWORD_KEY
    from components.chart.secrets import SECRET_NAME

    return (
        resource.type == SECRET.type
        and context.tenancy.identity.membership_check is not None
        and get(resource.props, "metadata", "name") == SECRET_NAME
        and path == ("stringData", READ_PASSWORD_KEY)
    )


def _check_data(secret: Resource, generated: set[str], context: Context) -> Iterator[str]:
    """Yield the keys of a Kubernetes Secret whose value the stack did not generate."""
    for path, value in leaves(secret.props):
        if path[0] not in ("data", "stringData") or not isinstance(value, str):
            continue
        if _is_read_password(secret, path, context) and value == context.read_password:
            continue
        if (_decode(value) if path[0] == "data" else value) not in generated:
            yield f"{format_path(path)} contains a secret that no resource of this stack generated"


def _decode(value: str) -> str:
    try:
        return base64.b64decode(value, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return value


def _own_secrets(context: Context) -> Iterator[tuple[str, str]]:
    """Yield the names and values of the program's own secrets."""
    for password in context.bind_passwords:
        yield "the password of the program's directory account", password
    if context.read_password:
        yield "the password of the read-only directory account", context.read_password
    given = context.tenancy.kubernetes.kubeconfig
    if given:
        yield "the cluster's kubeconfig", given.get_secret_value()


RULES = (
    Rule(
        "no-plain-text-secrets",
        "The stack generates every secret of the hub, in a Kubernetes Secret; no chart value, id or other resource "
        "contains a secret",
        "Previews show values, errors of chart templates print them, Helm keeps them in the cluster, and Pulumi keeps "
        "them in its state, ids in plain text; only the outputs of random passwords are marked as secret everywhere.",
        "Remove the secret from the configuration key that contains it, for example pangeo:ingress.annotations; give "
        "the directory password in the environment variable FREEIPA_BIND_PASSWORD or, encrypted, in "
        "pangeo:identityBindPassword. The stack generates the hub's secrets itself, as RandomPassword resources, and "
        "puts them into the Secret pangeo-secrets.",
        "critical",
        check_stack=_check_secrets,
    ),
)
