import numpy as np
import pytest

from spikelet_train.agreement import agreement, confusion


def test_a_perfect_matrix_has_kappa_1():
    found = agreement(np.diag([3, 1, 7]))
    assert (found.overall, found.average, found.kappa) == (1, 1, 1)


def test_a_constant_prediction_has_kappa_0():
    labels = np.repeat([0, 1, 2], [5, 3, 2])
    found = agreement(confusion(labels, np.zeros(10), 3))
    assert found.kappa == pytest.approx(0) and found.overall == 0.5
    assert found.average == pytest.approx(1 / 3)


def test_shares_of_a_matrix_by_hand():
    counts = confusion([0, 0, 0, 0, 1, 1], [0, 0, 0, 1, 1, 0], 2)
    assert counts.tolist() == [[3, 1], [1, 1]]
    found = agreement(counts)
    by_chance = (4 * 4 + 2 * 2) / 36
    assert found.overall == pytest.approx(4 / 6) and found.average == pytest.approx((0.75 + 0.5) / 2)
    assert found.kappa == pytest.approx((4 / 6 - by_chance) / (1 - by_chance))
    assert found.as_json() == {"overall": 0.66667, "average": 0.625, "kappa": 0.25}


def test_a_class_that_was_never_true_is_left_out_of_the_average():
    found = agreement(confusion([0, 0], [0, 2], 3))
    assert found.average == 0.5 and np.isnan(found.per_class[1:]).all()
