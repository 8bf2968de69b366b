"""Secrets: none in plain text where the state, previews or objects in the cluster show it."""

import re
from collections.abc import Iterator, Sequence

from policies.kinds import PROVIDERS, RANDOM, RELEASE
from policies.rule import Context, Resource, Rule
from policies.secret_paths import is_secret
from policies.tree import UNKNOWN, format_path, leaves

PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")
MIN_SECRET_LENGTH = 6
"""The length, in characters, from which a secret is searched for; shorter ones occur in harmless texts."""


def _check_secrets(resources: Sequence[Resource], context: Context) -> Iterator[tuple[str, str]]:
    random = [each for each in resources if each.type in RANDOM]
    generated = {str(value) for each in random for _, value in leaves(each.props) if value is not UNKNOWN}
    own = {secret: name for name, secret in _own_secrets(context) if len(secret) >= MIN_SECRET_LENGTH}
    for resource in resources:
        if resource.type.startswith(PROVIDERS):  # the engine keeps the configuration there, encrypted
            continue
        for path, value in leaves(resource.props):
            if not isinstance(value, str):
                continue
            for secret, name in own.items():
                if secret in value:
                    yield f"{format_path(path)} contains {name}", resource.urn
            if PRIVATE_KEY.search(value):
                yield f"{format_path(path)} contains a private key", resource.urn
            if (
                resource.type == RELEASE.type
                and path[0] == "values"
                and is_secret(path)
                and value not in (generated | {""})
            ):
                yield f"{format_path(path)} contains a secret that no resource of this stack generated", resource.urn


def _own_secrets(context: Context) -> Iterator[tuple[str, str]]:
    """Yield the names and values of the program's own secrets."""
    for password in context.bind_passwords:
        yield "the password of the program's directory account", password
    given = context.tenancy.kubernetes.kubeconfig
    if given:
        yield "the cluster's kubeconfig", given.get_secret_value()


RULES = (
    Rule(
        "no-plain-text-secrets",
        "The stack generates every secret in the chart values, and no resource contains the program's own secrets",
        "Previews show values, Helm keeps them in the cluster, and Pulumi keeps them in its state; only the outputs of "
        "random resources are marked as secret everywhere.",
        "Remove the secret from the configuration key that contains it, for example pangeo:ingress.annotations; give "
        "the directory password in the environment variable FREEIPA_BIND_PASSWORD or, encrypted, in "
        "pangeo:identityBindPassword. The stack generates the hub's secrets itself.",
        "critical",
        check_stack=_check_secrets,
    ),
)
