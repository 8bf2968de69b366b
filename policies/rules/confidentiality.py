"""Secrets: none in plain text where the state, previews or objects in the cluster show it."""

import base64
import binascii
import re
from collections.abc import Iterator, Sequence

from components.config.credentials import is_secret_text
from policies.kinds import PROVIDERS, RANDOM, RELEASE, REVEALED, SECRET
from policies.rule import Context, Resource, Rule
from policies.secret_paths import is_secret
from policies.tree import UNKNOWN, Path, format_path, get, leaves

PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")
MIN_SECRET_LENGTH = 6
"""The length, in characters, from which a secret is searched for; shorter ones occur in harmless texts."""

ENVIRONMENTS = ("extraEnv", "environment")
"""Names of chart values that are environment variables, by name."""


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
        for path, value in leaves(resource.props):
            in_values = resource.type == RELEASE.type and path[0] == "values"
            if in_values and _is_secret(path, value):
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
