"""Options of a user's new Dask cluster, under the names that published notebooks use.

They are a part of the gateway's configuration. A cluster matches the user's notebook server, and its configuration is
stored with the cluster: workers that start later have the same image, variables and folders.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from dask_gateway_server import options as fields  # type: ignore[import-not-found,unused-ignore]
from dask_gateway_server.backends.kubernetes.utils import (  # type: ignore[import-not-found,unused-ignore]
    merge_json_objects,
)

from components.in_gateway.notebook_pod import NotebookSettings
from components.in_gateway.option_values import (
    check_cores,
    check_environment,
    check_memory,
    choose_image,
    escape_references,
    is_reserved,
    name_image,
    select_images,
    select_patterns,
    show,
)
from components.in_gateway.worker_gpus import GPU_OPTION, GpuOffer, check_gpus

OLD_MEMORY_OPTION, MEMORY_OPTION = "worker_ram_gb", "worker_memory"
"""Name of the same option before version 0.5, which is still accepted, and now."""


class MemoryField(fields.Float):  # type: ignore[misc,unused-ignore]
    """The memory of a worker in GB."""

    def validate(self, x: object) -> float:
        """Return the memory if it is a number of GB within the limits."""
        return check_memory(x, self.min, self.max)


class CoresField(fields.Float):  # type: ignore[misc,unused-ignore]
    """The cores of a worker."""

    def validate(self, x: object) -> float:
        """Return the cores if they are a number within the limits."""
        return check_cores(x, self.min, self.max)


class GpusField(fields.Integer):  # type: ignore[misc,unused-ignore]
    """The GPUs of a worker."""

    def validate(self, x: object) -> int:
        """Return the number of GPUs if it is a whole number within the limits."""
        return check_gpus(x, self.max)


class EnvironmentField(fields.Mapping):  # type: ignore[misc,unused-ignore]
    """Environment variables of the scheduler and the workers."""

    def validate(self, x: object) -> dict[str, str]:
        """Return the variables if all are allowed."""
        return check_environment(x)


class ImageField(fields.String):  # type: ignore[misc,unused-ignore]
    """The container image of the scheduler and the workers."""

    def validate(self, x: object) -> str:
        """Return the name of an image; empty for that of the user's own server."""
        if x is not None and not isinstance(x, str):
            raise ValueError(f"image is {show(x)}, not a string; leave it out to use that of your server")
        return (x or "").strip()


class ClusterOptions(fields.Options):  # type: ignore[misc,unused-ignore]
    """Options that report unknown names, and accept the old name of the memory's."""

    def __init__(self, *fields: Any, handler: Any, refusals: Mapping[str, str]) -> None:  # noqa: ANN401
        """Set the options.

        Args:
            fields: the user's options.
            handler: returns the configuration of a cluster.
            refusals: messages about options of other users, by name.
        """
        super().__init__(*fields, handler=handler)
        self._refusals = refusals

    def parse_options(self, request: Any) -> dict[str, Any]:  # noqa: ANN401 - dask-gateway has no types
        """Return a value for every option.

        Raises:
            ValueError: an option is unknown, or its value is not allowed.
        """
        if not isinstance(request, dict):
            raise ValueError(f"The options are {show(request)}, not a dictionary")
        for name, refusal in self._refusals.items():
            if request.get(name):
                raise ValueError(refusal)
        # Options that others have may be given with a value that means nothing, such as 0.
        request = {name: value for name, value in request.items() if name not in self._refusals}
        known = [each.field for each in self.fields]
        unknown = sorted(set(request).difference(known, (OLD_MEMORY_OPTION,)))
        if unknown:
            raise ValueError(f"{show(unknown[0])} is not an option of a cluster here; write {', '.join(known)}")
        if OLD_MEMORY_OPTION in request:
            if MEMORY_OPTION in request:
                raise ValueError(f"{OLD_MEMORY_OPTION} is the old name of {MEMORY_OPTION}; write only {MEMORY_OPTION}")
            request = {(MEMORY_OPTION if name == OLD_MEMORY_OPTION else name): value for name, value in request.items()}
        options: dict[str, Any] = super().parse_options(request)
        return options


def make_cluster_options(
    cores: Mapping[str, float],
    memory: Mapping[str, float],
    images: tuple[Iterable[Mapping[str, Any]], Iterable[Mapping[str, Any]]],
    gpus: GpuOffer,
    groups: Collection[str],
    notebook: NotebookSettings,
    defaults: Any,  # noqa: ANN401
) -> ClusterOptions:
    """Return the options of one user.

    Args:
        cores: ``min``, ``default`` and ``max`` of a worker's cores.
        memory: ``min``, ``default`` and ``max`` of a worker's memory in GB.
        images: the approved images, see ``select_images``, and patterns of others, see ``select_patterns``.
        gpus: the GPUs of a worker that the user may choose.
        groups: the user's groups.
        notebook: settings of the user's notebook server.
        defaults: configuration of a cluster without options.
    """
    approved = select_images(images[0], groups, notebook.image)
    patterns = select_patterns(images[1], groups)

    def configure(options: Any) -> dict[str, Any]:  # noqa: ANN401
        size = f"{options.worker_memory:f} G"
        worker_gpus = options[GPU_OPTION] if gpus.most else 0
        return {
            "worker_cores": options.worker_cores,
            "worker_memory": size,
            # The limits in the chart's values are those of the default size.
            "worker_cores_limit": options.worker_cores,
            "worker_memory_limit": size,
            "image": choose_image(options.image, notebook.image, approved, patterns),
            "environment": {
                **defaults.environment,
                **{name: escape_references(text) for name, text in options.environment.items()},
            },
            "cluster_max_workers": gpus.limit_workers(worker_gpus, defaults.cluster_max_workers),
            **match_notebook(notebook, options.environment, gpus, worker_gpus, defaults),
        }

    offered = [GpusField(GPU_OPTION, default=gpus.default, min=0, max=gpus.most, label="Worker GPUs")]

    return ClusterOptions(
        CoresField("worker_cores", label="Worker cores", **cores),
        MemoryField(MEMORY_OPTION, label="Worker memory (GB)", **memory),
        *(offered if gpus.most else ()),
        ImageField("image", default=name_image(notebook.image, approved), label="Image"),
        EnvironmentField("environment", label="Environment variables"),
        handler=configure,
        refusals={GPU_OPTION: gpus.refusal} if gpus.refusal else {},
    )


def match_notebook(
    notebook: NotebookSettings,
    chosen: Collection[str],
    gpus: GpuOffer,
    worker_gpus: int,
    defaults: Any,  # noqa: ANN401
) -> dict[str, Any]:
    """Return the settings of a cluster with the variables and folders of a notebook server, and with GPUs.

    Args:
        notebook: settings of the notebook server.
        chosen: names of the variables that the user chose for the cluster; they have the user's values.
        gpus: the GPUs that the user may choose.
        worker_gpus: number of GPUs of each worker.
        defaults: configuration of a cluster without options.
    """
    container = {
        "env": [each for each in notebook.environment if each["name"] not in chosen and not is_reserved(each["name"])],
        "volumeMounts": notebook.volume_mounts,
    }
    known = {*chosen, *(each["name"] for each in container["env"])}
    own = {"scheduler": gpus.scheduler_container(), "worker": gpus.worker_container(worker_gpus, known)}
    pod = {"volumes": notebook.volumes, "securityContext": notebook.security_context}
    pods = {
        "scheduler": defaults.scheduler_extra_pod_config,
        "worker": gpus.place_worker(worker_gpus, defaults.worker_extra_pod_config),
    }
    secrets = list(defaults.image_pull_secrets or [])
    return {
        "image_pull_secrets": secrets + [each for each in notebook.pull_secrets if each not in secrets],
        **{f"{component}_extra_pod_config": merge_json_objects(pods[component], pod) for component in pods},
        **{
            f"{component}_extra_container_config": merge_json_objects(
                getattr(defaults, f"{component}_extra_container_config"), merge_json_objects(container, extra)
            )
            for component, extra in own.items()
        },
    }
