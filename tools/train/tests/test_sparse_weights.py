"""Stored sparse weights, written out by hand; test_pruned_export.py reads what `spikelet convert` writes."""

import numpy as np
import pytest

from spikelet_train.errors import TrainingError
from spikelet_train.export.sparse_weights import unpack_sparse

BITMAP = {"nonZeros": 2, "valueBits": 8, "positions": "bitmap"}
GAPS = {"nonZeros": 3, "valueBits": 4, "positions": "gaps", "riceBits": 1}


def stored(*values):
    return np.array(values, np.uint8)


def test_a_bitmap_starts_at_the_low_end_and_values_follow():
    levels = unpack_sparse(stored(0b0000_0010, 0b10, 5, 0xFD), 10, BITMAP)
    assert levels.tolist() == [0, 5, 0, 0, 0, 0, 0, 0, 0, -3]


def test_gaps_are_zeros_a_one_and_low_bits():
    # Gaps 0, 5 and 2 with one low bit: "1 0", "001 1", "01 0", from the low end; values 1, -1, 7.
    levels = unpack_sparse(stored(0b1011_0001, 0b0, 0xF1, 0x07), 10, GAPS)
    assert levels.tolist() == [1, 0, 0, 0, 0, 0, -1, 0, 0, 7]


def test_values_of_one_bit_are_signs():
    sparsity = {"nonZeros": 3, "valueBits": 1, "positions": "bitmap"}
    assert unpack_sparse(stored(0b1011, 0b010), 4, sparsity).tolist() == [1, -1, 0, 1]


def test_no_weight_at_all():
    none = {"nonZeros": 0, "valueBits": 1, "positions": "gaps", "riceBits": 3}
    assert unpack_sparse(stored(), 4, none).tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize(
    "values, count, sparsity",
    [
        ((0b0000_0010, 5, 0xFD), 8, BITMAP),
        ((0b0000_0010, 0b10, 5, 0xFD), 9, BITMAP),
        ((0b0000_0001, 0xF1, 0x07), 10, GAPS),
        ((5,), 10, BITMAP),
    ],
)
def test_bytes_that_do_not_fit_their_description_are_refused(values, count, sparsity):
    with pytest.raises(TrainingError) as caught:
        unpack_sparse(stored(*values), count, sparsity)
    assert caught.value.code == "container-damaged"
