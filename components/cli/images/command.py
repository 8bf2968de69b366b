"""The command ``images``: which images are tried, and the results."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

from pydantic import TypeAdapter, ValidationError

from components.chart.dask_access import gateway_object
from components.chart.gateway_code import approved_images
from components.cli.diagnose.result import CheckResult, broken, unknown
from components.cli.images.trial_pod import IGNORES_COMMAND, TrialFailed, delete_leftovers, run_trial
from components.cli.images.versions import SEE_GUIDE, compare, read_content
from components.cluster.client import ReadWriteApi, connect_to_cluster
from components.cluster.kubeconfig import find_kubeconfig
from components.config.image import FixedImage, Image
from components.config.problems import InvalidTenancy, Problem
from components.config.tenancy import Tenancy
from components.readiness.objects import field

GATEWAY = "gateway"

VERSION_LABEL = "app.kubernetes.io/version"
"""Label of the gateway's deployment with the version of its program."""


def parse_image(text: str, option: str) -> Image:
    """Return the image that an option names.

    Raises:
        InvalidTenancy: it is not an image with a fixed tag or a digest.
    """
    try:
        image: Image = TypeAdapter(FixedImage).validate_python(text)
    except ValidationError as refused:
        message = refused.errors()[0]["msg"].removeprefix("Value error, ")
        raise InvalidTenancy(option, [Problem("", text, message)]) from None
    return image


def check_images(
    tenancy: Tenancy, others: Sequence[Image], environment: Mapping[str, str], report: Callable[[str], None]
) -> list[CheckResult]:
    """Start each image once in the tenancy's namespace, and compare its versions with the hub's and the gateway's.

    Args:
        tenancy: the tenancy.
        others: images to try instead of those of the tenancy.
        environment: where ``KUBECONFIG`` and the program kubectl are looked up.
        report: receives a line before each start.

    Raises:
        CannotAsk: the cluster gives no answer.
    """
    with connect_to_cluster(find_kubeconfig(tenancy.kubernetes, environment), environment) as api:
        return list(_results(tenancy, others, api, report))


def _results(
    tenancy: Tenancy, others: Sequence[Image], api: ReadWriteApi, report: Callable[[str], None]
) -> Iterator[CheckResult]:
    version = read_gateway_version(tenancy, api)
    if version is None and tenancy.dask.enabled:
        fix = "run pulumi up"
        yield unknown(GATEWAY, f"no Dask gateway is deployed in {tenancy.namespace}, so no version is compared", fix)
    delete_leftovers(api, tenancy, datetime.now(UTC))
    for name, pulled in images_to_try(tenancy, others).items():
        report(f"starting {pulled}")
        yield try_image(tenancy, name, pulled, version, api)


def images_to_try(tenancy: Tenancy, others: Sequence[Image]) -> dict[str, str]:
    """Return, for each image, its name as the nodes pull it: the given ones, else all of the tenancy's."""
    if others:
        return {str(image): str(tenancy.registries.locate(image)) for image in others}
    return {each["name"]: each["pulled"] for each in approved_images(tenancy)}


def read_gateway_version(tenancy: Tenancy, api: ReadWriteApi) -> str | None:
    """Return the version of the deployed gateway; None if there is none.

    Raises:
        CannotAsk: the cluster gives no answer.
    """
    if not tenancy.dask.enabled:
        return None
    deployments = f"/apis/apps/v1/namespaces/{tenancy.namespace}/deployments"
    _, found = api.send("GET", f"{deployments}/{gateway_object(tenancy, 'api')}")
    version = (field(found, "metadata", "labels") or {}).get(VERSION_LABEL)
    return str(version) if version else None


def try_image(tenancy: Tenancy, name: str, pulled: str, gateway: str | None, api: ReadWriteApi) -> CheckResult:
    """Start one image and return the result, whose subject is the image's name.

    Raises:
        CannotAsk: the cluster gives no answer, or refuses the pod.
    """
    try:
        content = read_content(run_trial(api, tenancy, pulled))
    except TrialFailed as failure:
        return broken(name, failure.message, failure.fix or SEE_GUIDE)
    if content is None:
        return broken(name, IGNORES_COMMAND, SEE_GUIDE)
    return compare(name, content, gateway, uses_dask=tenancy.dask.enabled)
