"""Truths and data out of their sources: what is kept, what is said when something is missing."""

import numpy as np
import pytest

from bengrn import sources
from bengrn.errors import DataError, TruthError
from bengrn.registry import build_registry
from bengrn.request import Named
from bengrn.resolve import choose
from bengrn.sources import check_organisms, load_data, load_truth

PLUGIN = '''
import time
from dataclasses import dataclass
from typing import ClassVar
import numpy as np
from bengrn.plugin import Remote, hookimpl, pair_truth

@dataclass(frozen=True, kw_only=True)
class Slow:
    """A truth for a test."""
    name: ClassVar = "slow"
    description: ClassVar = "for a test"
    files: ClassVar = {FILES}
    data: ClassVar = ""
    edges: int = 1

    def load(self, paths):
        BODY
        return pair_truth(["A"] * self.edges, [f"G{one}" for one in range(self.edges)], organism="simulated")

@dataclass(frozen=True, kw_only=True)
class Cells:
    """Data for a test."""
    name: ClassVar = "cells"
    description: ClassVar = "for a test"
    files: ClassVar = {}
    organism: ClassVar = "mouse"
    licence: ClassVar = ""
    citation: ClassVar = ""
    cell_type: ClassVar = ""
    values: ClassVar = "continuous"

    def load(self, paths):
        from anndata import AnnData
        return AnnData(np.full((3, 2), 0.5, np.float32))

@hookimpl
def bengrn_truths():
    return [Slow]

@hookimpl
def bengrn_datasets():
    return [Cells]
'''


@pytest.fixture(autouse=True)
def _cache(tmp_path, monkeypatch):
    monkeypatch.setenv("BENGRN_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("BENGRN_DATA", raising=False)


@pytest.fixture
def chosen(tmp_path):
    def choose_one(kind="truth", body="pass", files="", **settings):
        path = tmp_path / "plugin_file.py"
        path.write_text(PLUGIN.replace("BODY", body).replace("FILES", files))
        return choose(build_registry([path]), kind, Named(str(path)), settings)

    return choose_one


def _kept(tmp_path):
    folder = tmp_path / "cache" / "truths"
    return list(folder.iterdir()) if folder.exists() else []


def test_a_truth_that_takes_long_is_read_once(chosen, tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "_SLOW_SECONDS", 0.0)
    one = chosen(
        body=f"import pathlib; pathlib.Path(r'{tmp_path}/loaded').mkdir()"
    )  # a second time would fail
    assert load_truth(one).targets == load_truth(one).targets == ("A", "G0")


def test_a_truth_that_is_quick_is_not_kept(chosen, tmp_path):
    load_truth(chosen())
    assert not _kept(tmp_path)


def test_other_settings_are_another_truth(chosen, tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "_SLOW_SECONDS", 0.0)
    assert len(load_truth(chosen(edges=1)).targets) == 2
    assert len(load_truth(chosen(edges=3)).targets) == 4
    assert len(_kept(tmp_path)) == 2


def test_the_digest_of_a_file_that_came_without_one_is_part_of_the_version(chosen, tmp_path, monkeypatch):
    (tmp_path / "mirror").mkdir()
    (tmp_path / "mirror" / "x.tsv").write_text("content")
    monkeypatch.setenv("BENGRN_DATA", str(tmp_path / "mirror"))
    truth = load_truth(chosen(files='"pairs": Remote("http://127.0.0.1:9/x.tsv", "", 0)'))
    assert truth.version == "pairs sha256 ed7002b439e9"


def test_a_truth_that_cannot_be_read_is_one_line(chosen):
    with pytest.raises(TruthError, match="slow cannot be loaded: no such column"):
        load_truth(chosen(body='raise ValueError("no such column")'))


def test_a_library_that_is_missing_is_named(chosen):
    with pytest.raises(DataError, match="slow needs nonesuch, which is not installed: pip install nonesuch"):
        load_truth(chosen(body="import nonesuch"))


def test_data_say_that_their_values_are_no_counts(chosen):
    adata = load_data(chosen(kind="data set"))
    assert adata.uns["values"] == "continuous"
    np.testing.assert_array_equal(adata.X, 0.5)


def test_a_truth_and_data_of_different_species_are_refused(chosen):
    truth = chosen()
    with pytest.raises(DataError, match="'slow' is of the organism 'simulated', the data 'cells' of 'mouse'"):
        check_organisms(truth, load_truth(truth), chosen(kind="data set"))


def _key(truth, data):
    from bengrn.execute.ingredients import request_ingredients
    from bengrn.request import Selection

    registry = build_registry()
    method = choose(registry, "method", Named("pearson"))
    return request_ingredients(method, truth, data, Selection(), 0, {})


def test_another_file_without_a_digest_is_another_request(chosen, tmp_path, monkeypatch):
    (tmp_path / "mirror").mkdir()
    monkeypatch.setenv("BENGRN_DATA", str(tmp_path / "mirror"))
    data = chosen(kind="data set")
    truth = chosen(files='"pairs": Remote("http://127.0.0.1:9/x.tsv", "", 0)')
    keys = []
    for content in ("one", "another"):
        (tmp_path / "mirror" / "x.tsv").write_text(content)
        keys.append(_key(truth, data))
    assert keys[0] != keys[1]


@pytest.mark.parametrize(("kind", "name"), [("truth", "omnipath"), ("method", "pearson")])
def test_what_a_plugin_gets_from_the_contract_is_in_its_identity(kind, name, monkeypatch):
    one = choose(build_registry(), kind, Named(name))
    before = one.identity()
    monkeypatch.setattr("bengrn.resolve.code_digest", lambda module, **_: f"other {module.__name__}")
    after = one.identity()["contract"]
    assert after != before["contract"]
    assert all(digest.startswith("other bengrn.") for digest in after)
