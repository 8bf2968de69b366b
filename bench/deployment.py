"""The first ``up`` of a tenancy until its hub is ready, against Helm alone with the same chart and values."""

from bench.measurements import Comparison, measure_in_turn
from bench.second_tenancy import second_tenancy
from local.paths import State

AT_MOST = 1.15


def first_up(state: State, repetitions: int) -> Comparison:
    """A tenancy's first ``up`` to a ready hub.

    Raises:
        RunFailed: one of the deployments failed.
    """
    with second_tenancy(state) as second:
        second.up()
        values = second.values()
        second.destroy()

        def up() -> float:
            seconds = second.up()
            second.destroy()
            return seconds

        def helm() -> float:
            seconds = second.helm(values)
            second.uninstall()
            return seconds

        return Comparison(
            name="first-up",
            description="first up of a tenancy to a ready hub",
            baseline="helm upgrade --install --wait of the same chart and values",
            limit=AT_MOST,
            pairs=measure_in_turn(up, helm, repetitions, warm_ups=0),
            notes=("up also starts an engine and plugins, makes four secrets, the group, the CRDs and the ingress",),
        )
