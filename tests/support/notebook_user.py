"""A user of a second tenancy whose server and Dask cluster start when a test first needs them, and go on afterwards."""

from tests.support.dask import CLEAN_UP_SECONDS
from tests.support.kernel import Kernel
from tests.support.person import Person
from tests.support.second_tenancy import SecondTenancy

START_SECONDS = 240.0
CLUSTER = f"""\
from dask_gateway import Gateway
cluster = Gateway().new_cluster()
cluster.scale(1)
client = cluster.get_client()
client.wait_for_workers(1, timeout={START_SECONDS})
"""


class NotebookUser:
    """A directory user, with one server and one Dask cluster for any number of tests."""

    def __init__(self, tenancy: SecondTenancy, name: str, profile: str | None = None) -> None:
        self.name = name
        self._tenancy = tenancy
        self._profile = profile
        self._person: Person | None = None
        self._at_cluster: Kernel | None = None

    @property
    def person(self) -> Person:
        """The user, logged in, with a running server."""
        if self._person is None:
            self._person = self._tenancy.start_server(self.name, self._profile)
        return self._person

    @property
    def at_cluster(self) -> Kernel:
        """A kernel with a Dask cluster of one or more workers: the variables ``cluster`` and ``client``."""
        if self._at_cluster is None:
            kernel = Kernel(self.person)
            kernel.run(CLUSTER, START_SECONDS)
            self._at_cluster = kernel
        else:
            self._at_cluster.reconnect()
        return self._at_cluster

    def end_work(self) -> None:
        """Shut down the cluster and forget the log-in; the server goes on. The next use starts all again."""
        if self._at_cluster is not None:
            with self.at_cluster as kernel:
                kernel.run("cluster.shutdown()", CLEAN_UP_SECONDS)
        self._person = self._at_cluster = None
