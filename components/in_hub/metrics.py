"""The hub's metrics for Prometheus: this program's own beside JupyterHub's, at a port that only Prometheus reaches.

The chart calls ``install`` only if the stack file has the section ``metrics``. The same metrics are at
``/hub/metrics``, which requires the scope ``read:metrics``: only admins of the hub have it.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from kubespawner.clients import shared_client  # type: ignore[import-not-found,unused-ignore]
from prometheus_client import (  # type: ignore[import-not-found,unused-ignore]
    CONTENT_TYPE_LATEST,
    REGISTRY,
    generate_latest,
)
from prometheus_client.core import (  # type: ignore[import-not-found,unused-ignore]
    CounterMetricFamily,
    GaugeMetricFamily,
    Metric,
)
from tornado.web import Application, RequestHandler  # type: ignore[import-not-found,unused-ignore]

from components.in_hub import metric_names as names
from components.in_hub.directory_settings import directory_as
from components.in_hub.metric_settings import read_settings
from components.in_hub.namespace_samples import Sample
from components.in_hub.observation import Observation
from components.in_hub.outcomes import COUNTS
from components.in_hub.replaced_pages import EXTENSIONS
from components.in_hub.stored_groups import groups_by_user
from components.in_hub.user_objects import hub_namespace

REQUEST_SECONDS = 10
"""Time limit of one request to Kubernetes."""

NO_ACCOUNT = "cn=none"
"""The DN in the settings of connections without a log-in."""

_tasks: set["asyncio.Task[None]"] = set()


class MetricsHandler(RequestHandler):  # type: ignore[misc,unused-ignore]
    """The metrics. A network policy decides who reaches this port; there is no log-in."""

    def get(self) -> None:
        """Return all metrics in Prometheus' text format."""
        self.set_header("Content-Type", CONTENT_TYPE_LATEST)
        self.finish(generate_latest(REGISTRY))


class Collector:
    """Returns this program's metrics when Prometheus asks."""

    def __init__(self, observation: Observation) -> None:
        self._observation = observation

    def describe(self) -> Iterable[Metric]:
        """Return nothing: the metrics are known after the first observation."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics of the last observations."""
        samples: list[Sample] = [
            *((names.LOG_INS, (result,), count) for result, count in COUNTS.items()),
            *((names.OBSERVATION_FAILURES, (what,), count) for what, count in self._observation.failures.items()),
            *self._observation.samples(),
        ]
        families: dict[str, Metric] = {}
        for metric, labels, value in samples:
            family = families.get(metric.name)
            if family is None:
                kind = CounterMetricFamily if metric.kind == "counter" else GaugeMetricFamily
                family = families[metric.name] = kind(metric.name, metric.meaning, labels=metric.labels)
            family.add_metric(labels, value)
        yield from families.values()


def install() -> None:
    """Let the hub observe and serve metrics as soon as its event loop runs."""
    EXTENSIONS.append(start)


def start(app: Any) -> list[tuple[str, Any]]:  # noqa: ANN401 - JupyterHub has no types
    """Start the observation and the server of the metrics; there are no further pages of the hub."""
    settings = read_settings()
    observation = Observation(
        settings,
        hub_namespace(app.config.KubeSpawner) or "",
        _get,
        directory_as(app.authenticator, NO_ACCOUNT),
        lambda: groups_by_user(app.db),
        app.log,
    )
    REGISTRY.register(Collector(observation))
    app.tornado_settings["log_function"] = _with_few_methods(app.tornado_settings["log_function"])
    # Successful requests of Prometheus are not logged. Errors are.
    Application([("/metrics", MetricsHandler)], log_function=lambda _: None).listen(settings.port)
    _tasks.add(asyncio.get_running_loop().create_task(observation.run_for_ever()))
    return []


def _with_few_methods(log: Callable[[RequestHandler], None]) -> Callable[[RequestHandler], None]:
    """Return JupyterHub's function that logs and counts requests, with one label for all methods that do not exist.

    JupyterHub (5.5) counts by the method, so that requests with invented ones would fill the memory of the hub and of
    Prometheus.
    """

    def log_request(handler: RequestHandler) -> None:
        if handler.request.method not in handler.SUPPORTED_METHODS:
            handler.request.method = "OTHER"
        log(handler)

    return log_request


async def _get(path: str) -> Any:  # noqa: ANN401 - JSON
    # Objects stay as they are in the answer: the client's own classes for them would keep the event loop busy.
    return await shared_client("CoreV1Api").api_client.call_api(
        path,
        "GET",
        query_params=[("resourceVersion", "0")],  # from the API server's memory
        header_params={"Accept": "application/json"},
        auth_settings=["BearerToken"],
        response_types_map={200: "object"},
        _return_http_data_only=True,
        _request_timeout=REQUEST_SECONDS,
    )
