"""The arithmetic of measurements: ratios of pairs, spread, growth, percentiles and limits."""

import pytest

from bench.measurements import Amounts, Comparison, Growth, Spread, exponent, measure_in_turn, percentile


def comparison(*pairs: tuple[float, float], limit: float | None = 1.5) -> Comparison:
    return Comparison("preview", "a preview", "an empty one", limit, pairs)


def test_ratios_of_pairs_are_independent_of_drift() -> None:
    drifting = comparison((1.2, 1.0), (12.0, 10.0), (120.0, 100.0))

    assert drifting.ratio == Spread(median=1.2, lowest=1.2, highest=1.2, count=3)


def test_the_median_ratio_decides_the_verdict() -> None:
    assert comparison((1.4, 1.0), (1.4, 1.0), (9.0, 1.0)).verdict == "met"
    assert comparison((1.6, 1.0), (1.6, 1.0), (0.5, 1.0)).verdict == "missed"
    assert comparison((9.0, 1.0), limit=None).verdict == "no limit"


def test_operation_and_baseline_alternate() -> None:
    order = ""

    def run(name: str) -> float:
        nonlocal order
        order += name
        return 1.0 if name == "a" else 2.0

    pairs = measure_in_turn(lambda: run("a"), lambda: run("b"), repetitions=3, warm_ups=1)

    assert order == "ab" + "ab" + "ba" + "ab"
    assert pairs == ((1.0, 2.0),) * 3


@pytest.mark.parametrize(
    ("seconds_at", "slope"),
    [
        ({1: 1.0, 10: 10.0, 100: 100.0}, 1.0),
        ({1: 3.0, 10: 3.0, 100: 3.0}, 0.0),
        ({1: 1.0, 10: 100.0, 100: 10_000.0}, 2.0),
    ],
)
def test_the_exponent_is_the_power_of_the_growth(seconds_at: dict[int, float], slope: float) -> None:
    assert exponent(seconds_at) == pytest.approx(slope)


def growth(seconds_at: dict[int, float], *, limit: tuple[int, float] | None = None, flat: bool = False) -> Growth:
    points = {size: (seconds,) for size, seconds in seconds_at.items()}
    return Growth("checking", "tenancies", "tenancies", points, limit, flat)


def test_linear_growth_is_allowed_and_quadratic_is_not() -> None:
    assert growth({1: 0.1, 10: 1.0, 100: 10.0}).verdict == "met"
    assert growth({1: 0.1, 10: 10.0, 100: 1000.0}).verdict == "missed"


def test_flat_growth_may_not_be_linear() -> None:
    assert growth({1: 1.0, 10_000: 1.2}, flat=True).verdict == "met"
    assert growth({1: 1.0, 10_000: 100.0}, flat=True).verdict == "missed"


def test_a_limit_at_a_size_applies_besides_the_growth() -> None:
    assert growth({1: 0.1, 100: 9.0}, limit=(100, 10.0)).verdict == "met"
    assert growth({1: 0.12, 100: 11.0}, limit=(100, 10.0)).verdict == "missed"


def test_growth_needs_two_sizes() -> None:
    assert growth({0: 1.0, 4: 9.0}).verdict == "no limit"
    assert growth({4: 9.0}).exponent is None
    assert growth({0: 100.0, 4: 1.0, 8: 2.0}).exponent == pytest.approx(1.0)


def test_growth_may_report_a_percentile() -> None:
    points = {10: tuple(float(number) for number in range(1, 101))}

    assert Growth("log-ins", "", "users", points, tail=0.99).tails == {10: 99.0}
    assert Growth("log-ins", "", "users", points).tails == {}


def test_every_limited_amount_must_be_within_its_limit() -> None:
    assert Amounts("trips", "", "requests", {"create": 2, "read": 9}, {"create": 3}).verdict == "met"
    assert Amounts("trips", "", "requests", {"create": 4}, {"create": 3}).verdict == "missed"
    assert Amounts("memory", "", "MiB", {"hub": 200}).verdict == "no limit"


def test_percentiles_are_measured_values() -> None:
    values = [float(number) for number in range(1, 101)]

    assert percentile(values, 0.5) == 50
    assert percentile(values, 0.99) == 99
    assert percentile([7.0], 0.99) == 7


@pytest.mark.parametrize("measure", [lambda: Spread.of([]), lambda: percentile([], 0.5), lambda: exponent({1: 1.0})])
def test_missing_measurements_are_an_error(measure: object) -> None:
    with pytest.raises(ValueError, match=r"nothing was measured|two sizes"):
        measure()  # type: ignore[operator]
