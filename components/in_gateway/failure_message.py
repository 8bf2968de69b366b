"""The message about a cluster that has failed; a part of the gateway's configuration.

dask-gateway's own refers to logs, which users cannot see. The scheduler's pod, and so its log, is deleted at once.
"""


def explain_failed_cluster(image: str, version: str) -> str:
    """Return the text for a user whose cluster's scheduler has ended with an error.

    Args:
        image: the cluster's image.
        version: the gateway's version.
    """
    return (
        f"Your Dask cluster has failed: its scheduler ended. Its image {image} needs dask, distributed and "
        f"dask-gateway, preferably in the gateway's version {version}; gateway.get_versions() shows your notebook's. "
        "If they are the same, start another cluster. If that fails too, ask your administrator."
    )
