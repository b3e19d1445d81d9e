"""Truths with hubs, and heads that know nothing, hubs, or edges."""

import numpy as np
import pytest
from scipy import sparse

from bengrn.values import Network, Truth

REGULATORS, TARGETS = 40, 150


@pytest.fixture
def make_truth():
    """Return a maker of truths with skewed degrees; the first 20 targets are regulators."""

    def make(seed=0, regulators=REGULATORS, targets=TARGETS, density=0.05):
        rng = np.random.default_rng([seed, 17])
        weight = np.outer(rng.lognormal(0, 1, regulators), rng.lognormal(0, 1, targets))
        chance = np.minimum(weight / weight.sum() * density * weight.size, 0.9)
        rows = tuple(f"r{one:03d}" for one in range(regulators))
        columns = (*rows[:20], *(f"t{one:03d}" for one in range(targets - 20)))
        return Truth(sparse.csr_array(rng.random(weight.shape) < chance), rows, columns, organism="simulated")

    return make


@pytest.fixture
def make_heads():
    """Return a maker of functions that stream the same heads again and again.

    The first `planted` heads of each know the edges by `effect` standard deviations; with `hubs`, every head
    has popular regulators and targets of its own, as attention has.
    """

    def make(truth, seed=0, count=12, planted=0, effect=2.0, *, hubs=False):
        def stream(order=None):
            for number in range(count) if order is None else order:
                rng = np.random.default_rng([seed, number])
                x_RT = rng.normal(size=truth.edges.shape)
                if hubs:
                    x_RT += rng.normal(size=(x_RT.shape[0], 1)) + rng.normal(size=(1, x_RT.shape[1]))
                if number < planted:
                    x_RT += effect * truth.edges.toarray()
                yield f"head{number:02d}", Network(np.exp(x_RT / 2), truth.regulators, truth.targets)

        return stream

    return make


@pytest.fixture
def auroc_of():
    """Return a function: the AUROC of a network on a truth."""
    from bengrn.metrics.ranking import auroc, rank
    from bengrn.truths.align import align

    return lambda network, truth: auroc(rank(align(network, truth)))
