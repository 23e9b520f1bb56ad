import math

import pytest

from spikelet_train.errors import TrainingError
from spikelet_train.schedule import image_size, learning_rate, parse_sizes


def test_rate_rises_to_its_peak_and_falls_to_zero():
    rates = [learning_rate(step / 1000, 0.2, 0.15) for step in range(1001)]
    peak = rates.index(max(rates))
    assert peak == 150 and math.isclose(rates[peak], 0.2)
    assert rates[: peak + 1] == sorted(rates[: peak + 1]) and rates[peak:] == sorted(
        rates[peak:], reverse=True
    )
    assert rates[0] > 0 and rates[-1] == 0


def test_no_warm_up_starts_at_the_peak():
    assert learning_rate(0, 0.1, 0) == 0.1


def test_sizes_hold_until_their_share_of_the_training():
    sizes = parse_sizes("0.25:20,0.5:24")
    assert [image_size(progress, sizes, 32) for progress in (0, 0.24, 0.25, 0.49, 0.5, 1)] == [
        20,
        20,
        24,
        24,
        32,
        32,
    ]
    assert parse_sizes("") == []


@pytest.mark.parametrize("text", ["24", "a:b", "0.5:24,0.2:28", "0.5:2", "1.5:24"])
def test_wrong_sizes_are_refused(text):
    with pytest.raises(TrainingError) as caught:
        parse_sizes(text)
    assert caught.value.code == "option-sizes"
