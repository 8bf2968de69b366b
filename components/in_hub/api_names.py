"""Names of the hub's API for the operator's commands, which the hub, its configuration and the commands use."""

END_ACCESS_PATH = "/api/pangeo/ended-access"
"""Path of the API below the hub's own."""

END_ACCESS_SCOPE = "custom:pangeo:end-access"
"""Scope that permits to end the access of users, and nothing else. No user has it, not even admins."""

VERIFICATION_USER = "pangeo~verify"
"""Name of the hub's user whose server the operator's command ``verify`` starts.

FreeIPA's user names have no ``~``, and the hub refuses a log-in with it, so this is never a person. Whatever counts or
charges people leaves it out.
"""

VERIFICATION_PATH = "/api/pangeo/verification"
"""Path of the API of this command, below the hub's own."""

VERIFICATION_SCOPE = "custom:pangeo:verify"
"""Scope that permits this API, and nothing else. No user has it, not even admins."""

USAGE_PATH = "/api/pangeo/usage"
"""Path of the API that returns users' recorded use of the cluster, below the hub's own."""

USAGE_SCOPE = "custom:pangeo:read-usage"
"""Scope that permits to read that record, and nothing else. No user has it, not even admins."""
