"""The conformance kit: right methods pass, and each planted fault fails its own check."""

import pytest

from bengrn.errors import BengrnError
from bengrn.testing import CHECKS, find_method, validate_method

FAULTS = [
    ("return Network(scores.T, tuple(adata.var_names), tuple(regulators))", "rows-are-regulators"),
    ("scores = np.random.default_rng(seed).random(scores.shape)", "direction"),
    ("scores = scores * (1 + np.arange(scores.shape[1]))", "gene-order"),
    ("scores = scores * (1 + x[0])  # the first cell is special\nscores = np.abs(scores)", "cell-order"),
    ("scores = scores * np.random.default_rng().random(scores.shape)", "seed"),
    ("adata.X = adata.X * 0", "input-unmodified"),
    ("adata.uns['note'] = 1", "input-unmodified"),
    ("print('hello')", "silence"),
    ("scores = scores / scores.std(axis=0)\nscores[:, (x == 0).all(axis=0)] = np.nan", "difficult-genes"),
]


def _results(path):
    method = find_method(str(path))
    return {check: validate_method(method, check).result for check in CHECKS}


def test_a_right_method_passes_every_check(method_file):
    assert set(_results(method_file()).values()) == {"passed"}


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(("body", "check"), FAULTS)
def test_each_fault_fails_its_check(method_file, body, check):
    assert _results(method_file(body))[check] == "failed"


def test_a_method_that_swaps_source_and_target_fails_the_direction(method_file):
    # predicts each regulator from its targets: S[r, t] holds the weight of t -> r
    body = (
        "g = x.T @ x + 0.05 * np.eye(x.shape[1])\n"
        "inverse = np.linalg.inv(g)\n"
        "beta = np.abs(inverse / np.diag(inverse)[:, None])\n"
        "scores = beta[r]"
    )
    right = body.replace("beta[r]", "beta.T[r]")
    assert _results(method_file(right, "right.py"))["direction"] == "passed"
    assert _results(method_file(body, "wrong.py"))["direction"] == "failed"


def test_a_network_of_nothing_fails_on_empty_input(method_file):
    path = method_file()
    path.write_text(
        path.read_text().replace(
            "x = log_normalized(adata)",
            "if adata.n_obs == 0:\n"
            "            return Network(np.zeros((len(regulators), adata.n_vars)), tuple(regulators), "
            "tuple(adata.var_names))\n"
            "        x = log_normalized(adata)",
        )
    )
    assert _results(path)["empty-input"] == "failed"


def test_an_expected_failure_is_no_failure_and_an_unexpected_pass_is(method_file):
    noisy = find_method(str(method_file("print('hello')")))
    assert validate_method(noisy, "silence", {"silence": "by design"}).good
    assert validate_method(noisy, "seed", {"seed": "not seeded"}).result == "unexpected pass"


def test_an_unknown_check_is_refused(method_file):
    with pytest.raises(BengrnError, match="no check 'sed'"):
        validate_method(find_method(str(method_file())), "seed", {"sed": "typo"})


@pytest.mark.parametrize("name", ["random", "expression", "truth", "pearson", "spearman"])
def test_quick_installed_methods_conform(name):
    method = find_method(name)
    outcomes = [validate_method(method, check) for check in CHECKS]
    assert all(one.good for one in outcomes), outcomes


@pytest.mark.parametrize(("name", "settings"), [("genie3", {"ntrees": "40"}), ("grnboost2", {})])
def test_tree_methods_conform(name, settings):
    method = find_method(name, settings)
    outcomes = [validate_method(method, check) for check in CHECKS]
    assert all(one.good for one in outcomes), outcomes
