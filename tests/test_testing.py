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
    others = ("denoise", "embed", "classify", "one-group")
    of_networks = [check for check in CHECKS if not check.startswith(others)]
    return {check: validate_method(method, check).result for check in of_networks}


def test_a_right_method_passes_every_check(method_file):
    results = _results(method_file())
    assert {name for name, result in results.items() if result != "passed"} == {"heads", "heads-direction"}
    assert results["heads"] == "skipped"


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


@pytest.mark.parametrize(
    "name", ["random", "expression", "truth", "pearson", "spearman", "random-heads", "correlation-heads"]
)
def test_quick_installed_methods_conform(name):
    method = find_method(name)
    outcomes = [validate_method(method, check) for check in CHECKS]
    assert all(one.good for one in outcomes), outcomes


@pytest.mark.parametrize(("name", "settings"), [("genie3", {"ntrees": "40"}), ("grnboost2", {})])
def test_tree_methods_conform(name, settings):
    method = find_method(name, settings)
    outcomes = [validate_method(method, check) for check in CHECKS]
    assert all(one.good for one in outcomes), outcomes


HEADS = """
    def heads(self, adata, *, regulators, seed):
        \"\"\"Offer correlations to several powers.\"\"\"
        rng = np.random.default_rng(seed)
        network = self.infer(adata, regulators=regulators, seed=seed)
        yield "zero", Network(np.zeros(network.scores.shape), network.regulators, network.targets)
        for power in (1, 2, 3):
            name, scores = f"power{power}", network.scores**power
            rows, columns = network.regulators, network.targets
            FAULT
            yield name, Network(scores, rows, columns)


@hookimpl"""


@pytest.fixture
def heads_file(method_file):
    def write(fault="pass", *, only=False):
        path = method_file()
        text = path.read_text().replace("@hookimpl", HEADS.replace("FAULT", fault), 1)
        if only:
            text = text.replace("def infer(", "def _infer(").replace("self.infer(", "self._infer(")
        path.write_text(text)
        return path

    return write


def test_right_heads_pass_every_check(heads_file):
    assert set(_results(heads_file()).values()) == {"passed"}


def test_heads_alone_are_a_method(heads_file):
    results = _results(heads_file(only=True))
    assert {name for name, result in results.items() if result != "passed"} == {"direction"}
    assert results["direction"] == "skipped"


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(
    ("fault", "check", "said"),
    [
        ("name = 'one'", "heads", "Two heads are named 'one'"),
        ("name += str(id(object()))", "heads", "expected the same"),
        ("columns = tuple(reversed(columns)) if power == 2 else columns", "heads", "same order"),
        ("if power > 0: continue", "heads", "offers one head"),
        ("scores = scores * rng.random() * np.random.random(scores.shape)", "seed", "head power1"),
        ("scores[0, 1] = np.nan", "difficult-genes", "NaN"),
        ("scores = scores * (1 + np.arange(scores.shape[1]))", "gene-order", "head power1"),
        ("scores, rows, columns = scores.T, columns, rows", "rows-are-regulators", "Transposed?"),
        ("print('hello')", "silence", "hello"),
        ("scores = np.random.default_rng(3).random(scores.shape)", "heads-direction", "planted"),
    ],
)
def test_each_fault_of_heads_fails_its_check(heads_file, fault, check, said):
    outcome = validate_method(find_method(str(heads_file(fault))), check)
    assert outcome.result == "failed"
    assert said in outcome.message


def test_heads_that_are_transposed_fail_the_direction(heads_file):
    fault = (
        "x = log_normalized(adata).astype(np.float64)\n            x -= x.mean(axis=0)\n"
        "            x /= np.linalg.norm(x, axis=0)\n"
        "            inverse = np.linalg.inv(x.T @ x + 0.05 * np.eye(x.shape[1]))\n"
        "            beta = np.abs(inverse / np.diag(inverse)[:, None])\n"
        "            scores = beta.T[adata.var_names.get_indexer(list(rows))] ** power"
    )
    right = validate_method(find_method(str(heads_file(fault))), "heads-direction")
    wrong = validate_method(find_method(str(heads_file(fault.replace("beta.T", "beta")))), "heads-direction")
    assert (right.result, wrong.result) == ("passed", "failed")


def test_heads_in_a_list_are_refused(heads_file):
    path = heads_file()
    text = path.read_text().replace("def heads(", "def _heads(")
    path.write_text(
        text.replace(
            "@hookimpl",
            "    def heads(self, adata, *, regulators, seed):\n"
            "        return list(self._heads(adata, regulators=regulators, seed=seed))\n\n\n@hookimpl",
            1,
        )
    )
    outcome = validate_method(find_method(str(path)), "heads")
    assert "heads returned list; expected an iterator" in outcome.message
    path.write_text(
        path.read_text()
        .replace("return list(", "return iter(list(")
        .replace("seed=seed))\n\n\n@", "seed=seed)))\n\n\n@")
    )
    outcome = validate_method(find_method(str(path)), "heads")
    assert "earlier ones are still held" in outcome.message
