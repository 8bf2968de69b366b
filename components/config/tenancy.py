"""The configuration of one tenancy: the keys of ``stacks/Pulumi.<tenancy>.yaml`` in the namespace ``pangeo``.

The required keys, their meaning and which of them may change come from JASMIN's Cluster-as-a-Service Pangeo; all others
have defaults. 1 GB is 1024³ bytes throughout, as in z2jh's ``2G`` and Kubernetes' ``2Gi``.
"""

import operator
from collections.abc import Iterator, Mapping
from typing import Any, Self

from pydantic import Field, model_validator

from components.config.announcements import Announcements
from components.config.backup import BACKUP_MESSAGE, Backup
from components.config.branding import Branding
from components.config.cluster import Kubernetes, Nodes
from components.config.dask import Dask
from components.config.environment import RESERVED_MESSAGE, Found, SecretKey, is_repeated, raise_problems
from components.config.gpu_requests import find_impossible_requests
from components.config.identity import Identity
from components.config.ingress import Ingress
from components.config.metrics import Metrics, find_own_namespace
from components.config.names import Names
from components.config.network import Network
from components.config.notebook import Notebook
from components.config.object_store import ObjectStore, find_ambiguous_patterns, find_repeated_variables
from components.config.placement import find_misplaced
from components.config.profiles import MAX_CPUS, MAX_RAM_GB
from components.config.proxy import PROXY_VARIABLES
from components.config.reachability import find_unreachable_in_sections
from components.config.registries import Registries
from components.config.schema import Location
from components.config.section import Place, metadata
from components.config.shared_folders import SharedFolder, find_conflicts
from components.config.sizes import Sizes
from components.config.storage import Storage
from components.config.terms import TermsOfUse
from components.config.types import MAX_STORAGE_GB, MIN_CPUS, MIN_RAM_GB, Number, WholeNumber
from components.config.usage import Usage
from components.freeipa.names import group_dn


class Tenancy(Names):
    """The configuration of one tenancy. Its only secret is ``kubernetes.kubeconfig``, which is never printed."""

    notebook_cpus: Number = Field(
        ge=MIN_CPUS,
        le=MAX_CPUS,
        description="CPUs of each notebook server, both guaranteed and the limit",
        examples=[2],
        json_schema_extra=metadata(unit="CPUs"),
    )
    notebook_ram_gb: Number = Field(
        ge=MIN_RAM_GB,
        le=MAX_RAM_GB,
        description="Memory of each notebook server, both guaranteed and the limit",
        examples=[4],
        json_schema_extra=metadata(unit="GB"),
    )
    notebook_storage_gb: WholeNumber = Field(
        ge=1,
        le=MAX_STORAGE_GB,
        description="Size of each user's home volume. Existing volumes grow when their users next start a server",
        examples=[10],
        json_schema_extra=metadata(unit="GB", updates="grow only"),
    )
    sizes: Sizes = Field(
        default_factory=Sizes,
        exclude_if=lambda sizes: sizes == Sizes(),
        description="Sizes of servers and homes for single users and for the members of FreeIPA groups, in place of "
        "`notebookCpus`, `notebookRamGb` and `notebookStorageGb`",
        examples=[{"groups": {"ocean_modellers": {"cpus": 4, "ramGb": 16}}, "users": {"alice": {"storageGb": 200}}}],
    )
    identity: Identity = Field(description="The FreeIPA directory that users log in with")
    storage: Storage = Field(
        default_factory=Storage, description="Storage classes of the home volumes and of the hub's database"
    )
    ingress: Ingress = Field(default_factory=Ingress, description="The Ingress of the hub, and its certificate")
    network: Network = Field(default_factory=Network, description="The networks that users' pods can reach")
    notebook: Notebook = Field(default_factory=Notebook, description="Notebook server settings other than its size")
    shared_folders: tuple[SharedFolder, ...] = Field(
        (),
        description="Folders that FreeIPA groups share, in their servers and Dask pods; by default none",
        examples=[
            [{"name": "ocean", "create": {"sizeGb": 500, "className": "cephfs"}, "writers": ["ocean_modellers"]}]
        ],
    )
    object_store: ObjectStore | None = Field(
        None,
        description="S3 object store that users' notebooks and Dask clusters are configured for; by default none",
        examples=[{"endpoint": "https://s3.example.org", "credentials": {"secret": "s3-credentials"}}],
    )
    dask: Dask = Field(default_factory=Dask, description="Dask clusters that users start from a notebook")
    announcements: Announcements = Field(
        (),
        exclude_if=operator.not_,
        description="Sentences on the hub's pages, each until a point in time; by default none. A change needs no "
        "restart of the hub",
        examples=[[{"text": "Maintenance on Saturday from 9:00", "until": "2026-12-05T18:00+00:00"}]],
    )
    branding: Branding | None = Field(
        None,
        description="The community's name, logo and links on the hub's pages",
        examples=[{"name": "Ocean Modelling", "logo": "stacks/logos/ocean.svg"}],
    )
    terms_of_use: TermsOfUse | None = Field(
        None,
        description="Terms that each user must accept before a server starts; by default none",
        examples=[{"version": "2026-12", "text": "Use this service for research only."}],
    )
    registries: Registries = Field(
        default_factory=Registries,
        description="Registries that the images of all pods are pulled from",
        exclude_if=lambda registries: registries == Registries(),
    )
    usage: Usage = Field(
        default_factory=Usage,
        description="The hub's record of what users reserve",
        exclude_if=lambda usage: usage == Usage(),
    )
    nodes: Nodes | None = Field(
        None,
        alias="workers",
        description="The cluster's worker nodes; if set, the program computes how many notebooks fit",
        examples=[{"count": 3, "cpus": 8, "ramGb": 32, "expectedUsers": 20}],
    )
    metrics: Metrics | None = Field(
        None,
        description="Metrics for the cluster's Prometheus; by default none",
        examples=[{"prometheus": {"namespace": "monitoring", "podLabels": {"app.kubernetes.io/name": "prometheus"}}}],
    )
    backup: Backup | None = Field(
        None,
        description="Scheduled backups of the homes and the hub's database in an S3 object store; by default none",
        examples=[
            {
                "endpoint": "https://s3.example.org",
                "bucket": "pangeo-backups",
                "credentials": {"secret": "pangeo-backup"},
            }
        ],
    )
    kubernetes: Kubernetes = Field(default_factory=Kubernetes, description="The Kubernetes cluster of the tenancy")
    protect: bool = Field(
        True,
        description="Whether `pulumi destroy` keeps the namespace, the home volumes, the hub's database, shared "
        "folders and the users' group",
    )

    @classmethod
    def find_contradictions(cls, given: Mapping[str, object]) -> Iterator[tuple[str | Place, str]]:
        """Refuse sections that do not fit together: shared folders, variables, proxy, pools, GPUs, Prometheus."""
        for place, message in find_conflicts(given.get("shared_folders")):
            yield ("shared_folders", *place), message
        for name, other in find_repeated_variables(given):
            yield "object_store", f"sets {name}, as {other} does; remove it there"
        yield from find_unreachable_in_sections(given)
        yield from find_misplaced(given)
        yield from find_impossible_requests(given)
        yield from find_own_namespace(given)

    @property
    def hosts(self) -> tuple[str, ...]:
        """Host names of the Ingress: the hub's and, with ``ingress.userSubdomains``, the wildcard of the users'."""
        return (self.domain, f"*.{self.domain}") if self.ingress.user_subdomains else (self.domain,)

    @property
    def notebook_users_group_dn(self) -> str:
        """DN of the FreeIPA group whose members may log in."""
        return group_dn(self.directory_suffix, self.notebook_users_group)

    @property
    def admin_group_dn(self) -> str | None:
        """DN of the FreeIPA group of hub admins; None without ``identity.adminGroup``."""
        group = self.identity.admin_group
        return None if group is None else group_dn(self.directory_suffix, group)

    @property
    def directory_suffix(self) -> str:
        """Suffix of the directory, e.g. ``dc=example,dc=org``."""
        return self.identity.directory_suffix

    @property
    def storage_class_name(self) -> str | None:
        """Storage class of the home volumes, existing or created; None for the cluster's default."""
        if self.storage.create is not None:
            return f"{self.cluster_name}-homes"
        return self.storage.class_name

    @property
    def own_secrets(self) -> tuple[str, ...]:
        """Names of Secrets of the hub that depend on the configuration: of its certificate, and of the Dask gateway."""
        tls = self.ingress.tls
        return (f"api-{self.release}-dask-gateway", *([tls.secret_name] if tls and tls.secret_name else []))

    @property
    def _backup_secrets(self) -> tuple[str, ...]:
        """Name of the Secret with which all backups can be read and deleted, if there is one."""
        return (self.backup.credentials.secret,) if self.backup else ()

    @model_validator(mode="after")
    def _check_sections_together(self) -> Self:
        named: list[tuple[Location, str]] = [
            (("notebook", *place, "secret"), each.secret) for place, each in self.notebook.secret_keys()
        ]
        if self.object_store is not None:
            named += [(("objectStore", *place), each.secret) for place, each in self.object_store.secret_keys()]
        own = dict.fromkeys((place, secret, RESERVED_MESSAGE) for place, secret in named if secret in self.own_secrets)
        own |= dict.fromkeys(
            (place, secret, BACKUP_MESSAGE) for place, secret in named if secret in self._backup_secrets
        )
        raise_problems(
            "Tenancy", [*own, *self._ambiguous_secrets(), *self._mixed_proxies(), *self._patterns_of_mirrors()]
        )
        return self

    def _ambiguous_secrets(self) -> Iterator[Found]:
        """Yield the names of users' Secrets that another Secret of the stack file can have, too."""
        if self.object_store is None:
            return
        personal = {each.secret: place for place, each in self.object_store.places() if each.is_per_user}
        shared = [each.secret for _, each in (*self.notebook.secret_keys(), *self.object_store.secret_keys())]
        others = (*shared, *self.registries.pull_secrets, *self.own_secrets, *self._backup_secrets)
        for pattern, message in find_ambiguous_patterns(tuple(personal), others):
            yield ("objectStore", *personal[pattern], "secret"), pattern, message

    def _mixed_proxies(self) -> Iterator[Found]:
        """Yield references of groups and profiles in place of a proxy's text, which the hub cannot merge."""
        proxy = self.network.proxy
        if proxy is None:
            return
        texts = dict(zip(PROXY_VARIABLES, (proxy.http, proxy.https, "always set"), strict=True))
        # The variables of all servers replace the proxy's, and were compared with those of groups and profiles.
        for place, environment in [each for each in self.notebook.environments() if each[0] != ("environment",)]:
            for name, value in environment.items():
                is_text = name not in self.notebook.environment and texts.get(name.upper()) is not None
                if is_text and isinstance(value, SecretKey) and not is_repeated(name, environment):
                    yield ("notebook", *place, name), {}, "must be text, as pangeo:network.proxy sets it"

    def _patterns_of_mirrors(self) -> Iterator[Found]:
        """Yield patterns of a registry with a port, which images in a mirror have not, and of all mirrored images."""
        mirror = self.registries.mirror
        for number, profile in enumerate(self.notebook.profiles):
            pattern = profile.custom_images.pattern if profile.custom_images else None
            if mirror is None or pattern is None:
                continue
            place: Location = ("notebook", "profiles", number, "customImages", "pattern")
            if ":" in pattern.registry and self.registries.mirror_prefix(pattern.registry):
                yield (
                    place,
                    str(pattern),
                    "names a registry with a port, which names of images in pangeo:registries.mirror do not have; use "
                    "a registry without a port, or the mirror itself",
                )
            if not pattern.names_owner_in_mirror(mirror):
                yield (
                    place,
                    str(pattern),
                    "permits images of everybody in the registries that pangeo:registries.mirror mirrors; write a "
                    f"registry and an owner's name, for example {mirror}/quay.io/pangeo/*",
                )

    def as_inputs(self) -> dict[str, Any]:
        """Return the configuration as JSON with the keys of a stack file, with defaults and without secrets."""
        inputs = self.model_dump(mode="json", by_alias=True, exclude_none=True)
        # Stacks without folders have the same inputs as before there were any.
        return {key: value for key, value in inputs.items() if key != "sharedFolders" or value}
