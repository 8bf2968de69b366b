"""Outcomes of log-ins, which the hub counts for its metrics. Pure."""

from collections import Counter
from collections.abc import Mapping

SUCCESS, WRONG_PASSWORD, NOT_A_MEMBER, INVALID_INPUT = "success", "wrong_password", "not_a_member", "invalid_input"
DIRECTORY_UNREACHABLE, DIRECTORY_INCOMPLETE = "directory_unreachable", "directory_incomplete"
OTHER_ACCOUNT, KUBERNETES_UNREACHABLE, CLOSED = "other_account", "kubernetes_unreachable", "closed"
PROBE = "probe"

RESULTS: Mapping[str, str] = {
    SUCCESS: "the user is logged in",
    WRONG_PASSWORD: "the name or the password is wrong, or the account is disabled or locked",
    NOT_A_MEMBER: "the password is right, and the user is not in the group",
    DIRECTORY_UNREACHABLE: "no directory server answered",
    DIRECTORY_INCOMPLETE: "the directory accepted the password, and did not show the user's groups or entry",
    INVALID_INPUT: "the name has invalid characters, or the password is empty",
    OTHER_ACCOUNT: "the name belonged to another account",
    KUBERNETES_UNREACHABLE: "Kubernetes did not show to which account the name belongs",
    CLOSED: "the hub's settings were changed while it ran",
    PROBE: "doctor or verify asked whether the directory answers, with a user name that does not exist",
}
"""Values of the metric's label ``result``, with their meaning."""

PROBE_USER = "pangeo-doctor-knows-nobody"
"""User name of the probe. It does not exist, so that the failed log-in cannot lock an account."""

COUNTS: Counter[str] = Counter(dict.fromkeys(RESULTS, 0))
"""Log-ins since the hub's start, by result."""
