"""What head selection finds, and what it only seems to find: `python tests/heads/leakage_study.py`.

60 heads on simulated truths of 60 regulators x 400 targets with skewed degrees, 20 cases each. Prints mean
AUROC and its standard error, as in docs/heads.md.
"""

import sys

import numpy as np
from scipy import sparse
from scipy.stats import rankdata

from bengrn.heads.combine import combine
from bengrn.heads.overlap import plan_training
from bengrn.heads.pairs import draw_pairs
from bengrn.heads.published import RECIPES, select_as_published
from bengrn.heads.select import Rule, select_heads
from bengrn.metrics.ranking import auroc, rank
from bengrn.truths.align import align
from bengrn.values import Network, Truth

CASES, HEADS, SHAPE, DENSITY, RECIPE = 20, 60, (60, 400), 0.03, "omnipath"


def make_truth(rng):
    """Draw a truth with skewed degrees."""
    weight = np.outer(*(rng.lognormal(0, 1, length) for length in SHAPE))
    chance = np.minimum(weight / weight.sum() * DENSITY * weight.size, 0.9)
    names = (
        tuple(f"{role}{one:03d}" for one in range(length)) for role, length in zip("rt", SHAPE, strict=True)
    )
    return Truth(sparse.csr_array(rng.random(SHAPE) < chance), *names, organism="simulated")


def make_heads(rng, truth, *, planted, hubs):
    """Return heads of noise; `hubs` gives each its own popular genes; the first `planted` know the edges."""
    heads = []
    for number in range(HEADS):
        x_RT = rng.normal(size=SHAPE)
        if hubs:
            x_RT += rng.normal(size=(SHAPE[0], 1)) + rng.normal(size=(1, SHAPE[1]))
        x_RT += (number < planted) * truth.edges.toarray()
        scores = np.exp(x_RT / 2) * rng.lognormal(0, 0.5)
        heads.append((f"h{number:02d}", Network(scores, truth.regulators, truth.targets)))
    return heads


def leaky(heads, truth, seed):
    """Return the AUROC of the published selection on all pairs, and on those it was not fitted on."""
    network = combine(heads, select_as_published(heads, truth, name="x", preset=RECIPE, seed=seed))
    share = RECIPES[RECIPE].share
    rest = ~draw_pairs(truth, most=10**6, seed=seed, share=share, with_self=True).cells.toarray()
    true, ranks = truth.edges.toarray()[rest], rankdata(network.scores[rest])
    n_true, n_false = true.sum(), (~true).sum()
    return auroc(rank(align(network, truth))), (
        ranks[true].sum() - n_true * (n_true + 1) / 2
    ) / n_true / n_false


def case(seed, **kind):
    """Return the AUROC of every way to use the heads."""
    rng = np.random.default_rng(seed)
    truth = make_truth(rng)
    heads = make_heads(rng, truth, **kind)
    plan = plan_training(truth, "x", seed=seed)
    networks = [
        combine(heads, select_heads(heads, plan.train, name="x", seed=seed, rule=Rule(average=average)))
        for average in ("weighted", "equal")
    ]
    mean = np.mean([head.scores / head.scores.std() for _, head in heads], axis=0)
    networks.append(Network(mean, truth.regulators, truth.targets))
    return [*leaky(heads, truth, seed), *(auroc(rank(align(one, plan.test))) for one in networks)]


for title, kind in (
    ("noise", {"planted": 0, "hubs": False}),
    ("noise with hubs", {"planted": 0, "hubs": True}),
    ("3 of 60 know the edges", {"planted": 3, "hubs": False}),
    ("3 of 60 know the edges, hubs", {"planted": 3, "hubs": True}),
):
    found = np.array([case(seed, **kind) for seed in range(CASES)])
    error = found.std(axis=0, ddof=1) / CASES**0.5
    cells = " | ".join(f"{one:.3f} ± {two:.3f}" for one, two in zip(found.mean(axis=0), error, strict=True))
    sys.stdout.write(f"| {title} | {cells} |\n")
    sys.stdout.flush()
