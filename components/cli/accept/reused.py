"""User names that belonged to another account of FreeIPA before, so that the hub refuses the account that has them."""

from collections.abc import Mapping

from components.cli.accept.facts import Names, read_names
from components.cli.diagnose.result import CheckResult, broken, good, unknown
from components.cluster.client import connect_to_cluster
from components.cluster.errors import CannotAsk
from components.cluster.kubeconfig import find_kubeconfig
from components.config.tenancy import Tenancy

SUBJECT = "identity"
_FIX_PERMISSION = "give the accounts FreeIPA's permission 'System: Read User IPA Attributes'"


def find_reused_names(tenancy: Tenancy, unique_ids: Mapping[str, str], environment: Mapping[str, str]) -> list[str]:
    """Return the users whose names are bound to other accounts than they have now.

    Args:
        tenancy: the tenancy.
        unique_ids: the ``ipaUniqueID`` of each user.
        environment: where ``KUBECONFIG`` and kubectl are looked up.

    Raises:
        CannotAsk: the cluster gives no answer.
    """
    names = _read(tenancy, environment)
    return sorted(user for user, user_id in unique_ids.items() if names.other_ids(user, user_id))


def check_identity(
    tenancy: Tenancy, user: str, unique_id: str | None, environment: Mapping[str, str], stack: str
) -> CheckResult:
    """Check that the user's name is not bound to another account.

    Args:
        tenancy: the tenancy.
        user: the user's name.
        unique_id: the account's ``ipaUniqueID``; None if the directory does not show it.
        environment: where ``KUBECONFIG`` and kubectl are looked up.
        stack: the stack's name, for suggested commands.
    """
    if unique_id is None:
        message = f"FreeIPA shows no ipaUniqueID of {user}; the hub refuses users whose ipaUniqueID they cannot read"
        return broken(SUBJECT, message, _FIX_PERMISSION)
    try:
        others = _read(tenancy, environment).other_ids(user, unique_id)
    except CannotAsk as failure:
        return unknown(SUBJECT, str(failure))
    if not others:
        return good(SUBJECT, f"the name {user} belongs to the account that has it (ipaUniqueID {unique_id})")
    message = (
        f"the name {user} belonged to another FreeIPA account (ipaUniqueID {', '.join(sorted(others))}, now "
        f"{unique_id}), so the hub refuses the log-in"
    )
    accept = f"python -m components members accept {stack} {user}"
    return broken(SUBJECT, message, f"decide: {accept} --same-person, or {accept} --new-person")


def _read(tenancy: Tenancy, environment: Mapping[str, str]) -> Names:
    with connect_to_cluster(find_kubeconfig(tenancy.kubernetes, environment), environment) as api:
        return read_names(api, tenancy.namespace)
