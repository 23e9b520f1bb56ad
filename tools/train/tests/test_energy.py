import pytest

from spikelet_train.spiking import energy
from spikelet_train.spiking.energy import FP32, INT32, LayerCost, bit_pair, paper_pair, ratios

NETWORK = [LayerCost("first", 100, None, 4), LayerCost("second", 900, "spikes")]


def test_the_constants_behind_the_ratios_of_the_paper():
    pair = paper_pair(6)
    assert INT32.mac / pair.mac == pytest.approx(560.6 / 44.8, rel=2e-3)
    assert pair.ac == bit_pair(6).ac == pytest.approx(0.01875)
    assert bit_pair(6).mac == pytest.approx(0.1277, abs=1e-4)
    assert paper_pair(32).mac == INT32.mac


def test_ratios_to_the_same_network_of_few_bits_and_of_32():
    pair, zeta = paper_pair(6), {"spikes": 0.1}
    found = ratios(NETWORK, zeta, pair, INT32)
    assert found.spiking == pytest.approx((100 * pair.mac + 90 * pair.ac) / 1000)
    assert found.few_bits == pytest.approx(pair.mac) and found.full == pytest.approx(3.2)
    assert found.to_full / found.to_few_bits == pytest.approx(3.2 / pair.mac)
    assert found.bound == pytest.approx(10) and found.to_few_bits < found.bound


def test_no_sparsity_goes_beyond_the_bound():
    silent = ratios(NETWORK, {"spikes": 0.0}, FP32, FP32)
    assert silent.to_few_bits == pytest.approx(silent.bound) == pytest.approx(10)


def test_a_scene_shares_the_first_layer():
    found = energy.over_a_scene(NETWORK)
    assert [cost.macs for cost in found] == [25, 900]
    assert ratios(found, {"spikes": 0.0}, FP32, FP32).bound == pytest.approx(925 / 25)
