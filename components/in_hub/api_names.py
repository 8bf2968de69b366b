"""Names of the hub's API that ends users' access, for the hub, its configuration and the operator's command."""

END_ACCESS_PATH = "/api/pangeo/ended-access"
"""Path of the API below the hub's own."""

END_ACCESS_SCOPE = "custom:pangeo:end-access"
"""Scope that permits to end the access of users, and nothing else. No user has it, not even admins."""
