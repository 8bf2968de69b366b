"""Environment variables that a stack file may not set, with the reason. Pure data."""

from typing import NamedTuple


class Reserved(NamedTuple):
    """Names of variables, and beginnings of names, that are reserved for one reason."""

    reason: str
    """Continues the sentence "is reserved: it …"."""
    names: frozenset[str] = frozenset()
    prefixes: tuple[str, ...] = ()


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


RESERVED = (
    Reserved("configures the log-in at users' servers, as the hub does", prefixes=("JUPYTERHUB_", "JUPYTER_", "JPY_")),
    Reserved("leads programs to the cluster's API; Kubernetes sets it", prefixes=("KUBERNETES_",)),
    Reserved("connects notebooks to the Dask gateway, as the program does", prefixes=("DASK_GATEWAY", "DASK_LAB")),
    Reserved(
        "encrypts the connections of Dask clusters, as the gateway does", prefixes=("DASK_DISTRIBUTED__COMM__TLS__",)
    ),
    Reserved("leads the program's code in users' servers to their files", _names("PANGEO_HOME PANGEO_RUN_FOLDER")),
    Reserved(
        "has the size of the server; set notebookCpus, notebookRamGb or a profile's cpus or ramGb",
        _names("CPU_LIMIT CPU_GUARANTEE MEM_LIMIT MEM_GUARANTEE"),
    ),
    Reserved(
        "is set by the image or by the shell, and servers may not start with another value",
        _names("HOME USER LOGNAME SHELL PATH PWD OLDPWD HOSTNAME GRANT_SUDO CHOWN_HOME CHOWN_EXTRA")
        | _names("CONDA_DIR CONDA_PREFIX CONDA_EXE CONDA_DEFAULT_ENV"),
        ("NB_",),
    ),
    Reserved(
        "loads code into every program, also into the one that checks who may enter a user's server",
        _names("PYTHONPATH PYTHONHOME PYTHONUSERBASE PYTHONSTARTUP PYTHONEXECUTABLE BASH_ENV ENV GCONV_PATH"),
        ("LD_",),
    ),
)
"""The list. Upper and lower case are the same: Dask, for one, reads both.

Sources: JupyterHub 5.5.0 and KubeSpawner 7.0.0 (``get_env``), ``start.sh`` of the images of docker-stacks and
repo2docker, ``ld.so(8)`` and CPython's "Environment variables".
"""

RESERVED_SECRETS = frozenset(
    {"hub", "pangeo-secrets", "pangeo-tls", "singleuser", "image-pull-secret", "proxy-public-manual-tls"}
)
"""Names of Secrets of the hub, in the namespace of every tenancy. With them, a user could pretend to be the hub."""

RESERVED_SECRET_PREFIXES = ("sh.helm.release.", "dask-credentials-")
"""Beginnings of further ones: the values of each release of Helm, and the certificates of Dask clusters."""


def reason_for_reserving(name: str) -> str | None:
    """Return why a variable is reserved; None if it is not."""
    upper = name.upper()
    return next((each.reason for each in RESERVED if upper in each.names or upper.startswith(each.prefixes)), None)


def is_secret_reserved(name: str) -> bool:
    """Return whether a Kubernetes Secret is the hub's own, so that its content may not be given to users."""
    return name in RESERVED_SECRETS or name.startswith(RESERVED_SECRET_PREFIXES)
