import pytest

from components.config.types import format_number


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (1, "1"),
        (1.0, "1"),
        (0.5, "0.5"),
        (100, "100"),
        (1024.0, "1024"),
        (1_000_000, "1000000"),
        (1.23456789, "1.23456789"),
        (3.7252902984, "3.7252902984"),
        (0.00001, "0.00001"),
        (1e22, "10000000000000000000000"),
    ],
)
def test_a_number_has_every_digit_and_no_exponent(number: float, text: str) -> None:
    assert format_number(number) == text
    assert float(text) == number
