"""The figures of ``make bench``, their repetitions and durations."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench import group, preview
from bench.checking import measure_checking
from bench.clones import clones
from bench.dask import measure_dask
from bench.deployment import compare_first_up
from bench.hub import compare_log_in
from bench.log_ins import LOG_INS, measure_log_ins
from bench.measurements import Measurement
from bench.notebooks import measure_notebooks
from bench.object_store import compare_reads
from bench.restart import measure_restart
from local.paths import State
from tests.support.directory import throw_away_directory

TENANCIES = 50

Measure = Callable[[State, int], Sequence[Measurement]]
"""A function that takes the measurements on the local tenancy, with this number of repetitions."""


@dataclass(frozen=True)
class Figure:
    """Measurements that are taken together."""

    measure: Measure
    repetitions: int
    """The default number of repetitions."""
    minutes: float
    """The approximate duration with the default repetitions on an idle machine with two cores."""


def _group(_state: State, repetitions: int) -> Sequence[Measurement]:
    with throw_away_directory() as directory:
        return [
            group.compare_creation(directory, repetitions),
            group.count_round_trips(directory),
            group.measure_reading(directory, repetitions),
        ]


def _preview(state: State, repetitions: int) -> Sequence[Measurement]:
    with clones(state, 1) as one:
        return [
            preview.compare_one(one, repetitions, policies=False),
            preview.compare_one(one, repetitions, policies=True),
            preview.measure_memory(one),
        ]


def _many(state: State, repetitions: int) -> Sequence[Measurement]:
    with clones(state, TENANCIES) as many:
        return [preview.compare_many(many, repetitions), preview.measure_memory_of_many(many)]


def _hub(state: State, repetitions: int) -> Sequence[Measurement]:
    return [compare_log_in(state, repetitions, new_volume=new_volume) for new_volume in (False, True)]


FIGURES: dict[str, Figure] = {
    "checking": Figure(lambda _, repetitions: [measure_checking(repetitions)], repetitions=3, minutes=1),
    "group": Figure(_group, repetitions=5, minutes=1),
    "preview": Figure(_preview, repetitions=5, minutes=1),
    "many": Figure(_many, repetitions=2, minutes=8),
    "hub": Figure(_hub, repetitions=4, minutes=5),
    "log-ins": Figure(
        lambda state, repetitions: measure_log_ins(state, count=LOG_INS * repetitions), repetitions=1, minutes=2
    ),
    "notebooks": Figure(lambda state, _: measure_notebooks(state), repetitions=1, minutes=7),
    "dask": Figure(lambda state, repetitions: [measure_dask(state, repetitions)], repetitions=2, minutes=4),
    "store": Figure(compare_reads, repetitions=7, minutes=3),
    "up": Figure(lambda state, repetitions: [compare_first_up(state, repetitions)], repetitions=5, minutes=6),
    "restart": Figure(lambda state, repetitions: [measure_restart(state, repetitions)], repetitions=2, minutes=3),
}
"""All figures in the order of their measurement. ``restart`` stops the running tenancy."""
