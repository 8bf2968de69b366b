"""Environment variables that configure S3 clients for the tenancy's object store."""

from typing import Any

from components.chart.secret_references import secret_reference
from components.config import object_store as names
from components.config.object_store import ObjectStore, StoreCredentials
from components.config.tenancy import Tenancy


def object_store_environment(tenancy: Tenancy) -> dict[str, Any]:
    """Return the variables in the form of ``KubeSpawner.environment``; empty without ``objectStore``.

    boto3 and s3fs (botocore), and the clients in Rust and Go read these names. With an endpoint, botocore addresses
    buckets by path (``compute_endpoint_resolver_builtin_defaults``), as stores without a wildcard certificate need.
    """
    store = tenancy.object_store
    if store is None:
        return {}
    return {
        names.ENDPOINT: store.endpoint,
        **dict.fromkeys(names.REGIONS, store.region),
        # Since 2025, clients add checksums to every upload, which many stores do not know.
        **dict.fromkeys(names.CHECKSUMS, "when_required"),
        # A client without keys would look for them at the metadata server, which no pod reaches.
        names.NO_METADATA: "true",
        **_credentials(store.credentials),
        **_scratch(store),
    }


def common_store_variables(tenancy: Tenancy) -> dict[str, Any]:
    """Return those of the variables that are the same for all users; neither names nor values contain braces."""
    credentials = tenancy.object_store.credentials if tenancy.object_store else None
    keys = (names.ACCESS_KEY_ID, names.SECRET_ACCESS_KEY) if credentials and credentials.is_per_user else ()
    return {
        name: value for name, value in object_store_environment(tenancy).items() if name not in (names.SCRATCH, *keys)
    }


def store_keys_of_groups(tenancy: Tenancy) -> dict[str, Any]:
    """Return the entries of ``KubeSpawner.group_overrides`` for access keys of groups, in the order of the list."""
    listed = tenancy.object_store.group_credentials if tenancy.object_store else ()
    return {
        f"object-store-{number:03}-{each.group}": {
            "groups": [each.group],
            "spawner_override": {"environment": _credentials(each)},
        }
        for number, each in enumerate(listed)
    }


def _credentials(credentials: StoreCredentials | None) -> dict[str, Any]:
    if credentials is None:
        return {}
    # KubeSpawner makes a user's name valid in the name of a Kubernetes object, and unique.
    name = credentials.secret.replace(names.USER, "{username}")
    keys = {
        names.ACCESS_KEY_ID: credentials.access_key_id_key,
        names.SECRET_ACCESS_KEY: credentials.secret_access_key_key,
    }
    # Without a Secret that users share, their servers do not start; the preview reports it. The value is always there,
    # because JupyterHub merges the references of a group's Secret into those of a Secret for each user.
    return {variable: secret_reference(name, key, optional=credentials.is_per_user) for variable, key in keys.items()}


def _scratch(store: ObjectStore) -> dict[str, str]:
    if store.scratch_bucket is None:
        return {}
    return {names.SCRATCH: f"s3://{store.scratch_bucket}/{{unescaped_username}}"}
