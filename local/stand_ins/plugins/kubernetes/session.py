"""The target cluster in one engine run, shared by all resource types."""

import os
import threading
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from local.stand_ins.plugins.errors import OperationFailed, Unreachable
from local.stand_ins.plugins.kubernetes.provider_config import (
    DELETE_UNREACHABLE,
    ProviderConfig,
    from_variables,
)
from local.stand_ins.plugins.server import Call, Resource
from local.stand_ins.plugins.wire import Properties

if TYPE_CHECKING:
    from components.cluster.helm import Helm
    from local.stand_ins.plugins.kubernetes.api import Cluster
    from local.stand_ins.plugins.kubernetes.helm import ReleaseClient

IF_DELETED = (
    "If the cluster was deleted, you can remove this resource from Pulumi state by rerunning the operation with the "
    f'{DELETE_UNREACHABLE} environment variable set to "true"'
)


class Session:
    """Access to the cluster of the provider's configuration.

    Modules that connect to the cluster are imported at their first use: a preview without changes needs none of them.
    """

    def __init__(self) -> None:
        self.config = ProviderConfig()
        self.cancelled = threading.Event()
        self._lock = threading.Lock()
        self._cluster: Cluster | None = None
        self._helms: set[Helm] = set()

    def configure(self, variables: Mapping[str, str]) -> None:
        """Use this configuration from now on."""
        self.config = from_variables(variables)
        self._cluster = None

    def cluster(self) -> "Cluster":
        """Return the API server, after checking that it answers.

        Raises:
            Unreachable: it does not answer.
        """
        from local.stand_ins.plugins.kubernetes.api import Cluster

        with self._lock:
            cluster = self._cluster = self._cluster or Cluster(self.config.kubeconfig)
        cluster.check_reachable()
        return cluster

    @contextmanager
    def helm(self) -> Iterator["ReleaseClient"]:
        """Provide helm for the cluster.

        Raises:
            OperationFailed: the program is missing.
            Unreachable: the API server does not answer.
        """
        from components.cluster.helm import HelmFailed, helm_for
        from local.stand_ins.plugins.kubernetes.helm import ReleaseClient

        self.cluster()
        try:
            with helm_for(self.config.kubeconfig(), os.environ) as helm:
                self._helms.add(helm)
                try:
                    yield ReleaseClient(helm)
                finally:
                    self._helms.discard(helm)
        except HelmFailed as error:
            raise OperationFailed(str(error)) from None

    def cancel(self) -> None:
        """End all waiting, and let helm mark its release as failed instead of leaving it pending."""
        self.cancelled.set()
        for helm in tuple(self._helms):
            helm.cancel()


class ClusterResource(Resource):
    """A resource type in the cluster."""

    def __init__(self, session: Session) -> None:
        self.session = session

    @abstractmethod
    def read_live(self, id: str, olds: Properties, inputs: Properties) -> tuple[Properties, Properties] | None:
        """Return the present inputs and outputs, or None if the resource does not exist any more."""

    @abstractmethod
    def delete_live(self, call: Call, id: str, olds: Properties) -> None:
        """Delete the resource and wait until it does not exist any more."""

    def read(self, call: Call, id: str, olds: Properties, inputs: Properties) -> tuple[Properties, Properties] | None:
        """Return the present inputs and outputs, or None if the resource, or on request the cluster, is gone."""
        try:
            return self.read_live(id, olds, inputs)
        except Unreachable as error:
            if self.session.config.delete_unreachable:
                return None
            call.log("WARNING", str(error))
            raise OperationFailed(f"failed to read resource state due to unreachable cluster. {IF_DELETED}") from None

    def delete(self, call: Call, id: str, olds: Properties) -> None:
        """Delete the resource; on request do nothing if the cluster is gone."""
        try:
            self.delete_live(call, id, olds)
        except Unreachable as error:
            call.log("WARNING", str(error))
            if not self.session.config.delete_unreachable:
                raise OperationFailed(f"configured Kubernetes cluster is unreachable. {IF_DELETED}") from None
