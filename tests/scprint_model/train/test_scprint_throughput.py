"""Counting operations, and what devices can do."""

import pytest
import torch

from scprint_model.config import ModelConfig
from scprint_model.objective_settings import Objective
from scprint_model.train.throughput import (
    Meter,
    flops_per_token,
    named_peak,
    passes_of,
    peak_flops,
    peak_memory,
)


def _config(d, layers, heads):
    return ModelConfig(genes=10, classes=(("a", 2),), d_model=d, layers=layers, heads=heads)


@pytest.mark.parametrize(
    ("d", "layers", "heads", "mega"),
    [(128, 4, 2, 6.19), (256, 6, 4, 23.4), (256, 8, 4, 31.1)],  # the table of the specification
)
def test_operations_of_a_token_are_those_of_the_published_table(d, layers, heads, mega):
    assert flops_per_token(_config(d, layers, heads), 2208) / 1e6 == pytest.approx(mega, rel=5e-3)


def test_a_training_step_costs_three_forward_passes_of_each_pass():
    config = _config(128, 4, 2)
    meter = Meter(config, passes=2, peak=None)
    meter.add(1, 2208 - config.cell_tokens)
    assert meter.flops / 1e9 == pytest.approx(82, rel=0.01)  # GFLOP per cell, same table


def test_utilisation_is_the_share_of_the_peak():
    meter = Meter(_config(128, 4, 2), passes=1, peak=1e12)
    meter.add(2, 100)
    meter.start -= 10
    rates = meter.read()
    assert rates["cells/s"] == pytest.approx(0.2, rel=1e-2)
    assert rates["mfu"] == pytest.approx(3 * 2 * 103 * flops_per_token(meter.config, 103) / 1e13, rel=1e-2)


def test_a_reading_starts_anew():
    meter = Meter(_config(16, 1, 1), passes=1, peak=None)
    meter.add(2, 100)
    meter.read()
    assert meter.read() == {"cells/s": 0.0, "tokens/s": 0.0}


@pytest.mark.parametrize(
    ("objective", "passes"),
    [
        (Objective(), 2),
        (Objective(denoise=(), mask=(0.3,)), 2),
        (Objective(full=True, denoise=(0.3, 0.6), mask=(0.3,)), 5),
        (Objective(generate=False), 1),
    ],
)
def test_passes_are_counted(objective, passes):
    assert passes_of(objective) == passes


@pytest.mark.parametrize(
    ("name", "tera"),
    [
        ("NVIDIA H200", 989),
        ("NVIDIA H100 PCIe", 756),
        ("NVIDIA H100 80GB HBM3", 989),
        ("NVIDIA A100-SXM4-80GB", 312),
        ("NVIDIA A10", 125),
        ("NVIDIA L4", 121),
        ("NVIDIA L40S", 362),
        ("Tesla V100-SXM2-16GB", 125),
        ("NVIDIA GeForce RTX 4090", 165),
        ("AMD Instinct MI300X", 1307),
    ],
)
def test_a_known_gpu_has_its_data_sheets_peak(name, tera):
    assert named_peak(name, torch.bfloat16) == tera * 1e12
    assert named_peak(name, torch.float32) == tera * 1e12 / 2


def test_an_unknown_gpu_has_no_peak():
    assert named_peak("NVIDIA Fantasy 9", torch.bfloat16) is None


def test_the_peak_of_a_cpu_is_measured():
    assert 1e8 < peak_flops(torch.device("cpu"), torch.float32) < 1e14


def test_peak_memory_of_a_cpu_is_that_of_the_process():
    assert 50 * 2**20 < peak_memory(torch.device("cpu")) < 2**40
