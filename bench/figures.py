"""Which figures there are, how often each is taken, and about how long that takes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.measurements import Measurement
from local.paths import State

Measure = Callable[[State, int], Sequence[Measurement]]


@dataclass(frozen=True)
class Figure:
    """One subject's findings, taken together."""

    measure: Measure
    """Takes them on the local tenancy, each that is a ratio or a point as often as the number says."""
    repetitions: int
    """Without a wish: enough for a spread, few enough for all figures together."""
    minutes: float
    """About, with so many, on a quiet machine of two processors."""


def _preview(state: State, repetitions: int) -> Sequence[Measurement]:
    from bench import clones, preview

    with clones.clones(state, 1) as one:
        off = preview.one(one, repetitions, policies=False)
        on = preview.one(one, repetitions, policies=True)
        return [off, on, preview.memory(one)]


def _checking(_state: State, repetitions: int) -> Sequence[Measurement]:
    from bench.checking import checking

    return [checking(repetitions)]


def _group(_state: State, repetitions: int) -> Sequence[Measurement]:
    from bench import group
    from tests.support.directory import throw_away_directory

    with throw_away_directory() as directory:
        return [
            group.made(directory, repetitions),
            group.round_trips(directory),
            group.by_members(directory, repetitions),
        ]


def _hub(state: State, repetitions: int) -> Sequence[Measurement]:
    from bench import hub

    return [
        hub.to_notebook(state, repetitions, new_volume=False),
        hub.to_notebook(state, repetitions, new_volume=True),
    ]


def _log_ins(state: State, repetitions: int) -> Sequence[Measurement]:
    from bench.log_ins import LOG_INS, by_users

    return by_users(state, count=LOG_INS * repetitions)


def _notebooks(state: State, _repetitions: int) -> Sequence[Measurement]:
    from bench.notebooks import growing

    return growing(state)


def _dask(state: State, repetitions: int) -> Sequence[Measurement]:
    from bench.dask import first_result

    return [first_result(state, repetitions)]


def _up(state: State, repetitions: int) -> Sequence[Measurement]:
    from bench.deployment import first_up

    return [first_up(state, repetitions)]


def _restart(state: State, repetitions: int) -> Sequence[Measurement]:
    from bench.restart import down_to_notebook

    return [down_to_notebook(state, repetitions)]


FIGURES: dict[str, Figure] = {
    "checking": Figure(_checking, repetitions=3, minutes=1),
    "group": Figure(_group, repetitions=5, minutes=1),
    "preview": Figure(_preview, repetitions=5, minutes=1),
    "hub": Figure(_hub, repetitions=4, minutes=5),
    "log-ins": Figure(_log_ins, repetitions=1, minutes=2),
    "notebooks": Figure(_notebooks, repetitions=1, minutes=7),
    "dask": Figure(_dask, repetitions=2, minutes=4),
    "up": Figure(_up, repetitions=5, minutes=6),
    "restart": Figure(_restart, repetitions=2, minutes=3),
}
"""In the order they are taken. ``restart`` stops the tenancy that runs."""
