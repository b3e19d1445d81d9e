"""The warning about a checkpoint whose word on normalisation does not fit real cells."""

import dataclasses

import numpy as np
import pytest

from scprint_model.checkpoint.report import LoadReport
from scprint_model.predict import normalisation
from scprint_model.predict.cells import line_up
from scprint_model.predict.contexts import Context
from scprint_model.predict.embed import embed
from scprint_model.predict.normalisation import check_normalisation, fits_by_normalisation

CONTEXT = Context(size=20)


@pytest.fixture
def theirs(tiny_pretrained):
    """Return a model that passes for one of the authors'."""
    return dataclasses.replace(tiny_pretrained(), report=LoadReport(source="x.ckpt", kind="official"))


def test_both_settings_are_tried_and_the_model_keeps_its_own(theirs, tiny_adata):
    cells = line_up(tiny_adata(), theirs.vocabulary)
    fits = fits_by_normalisation(theirs, cells, CONTEXT)
    assert set(fits) == {"sum", "log"}
    assert fits["sum"] != fits["log"]
    assert np.isfinite(list(fits.values())).all()
    assert theirs.model.config.normalization == "sum"


@pytest.mark.parametrize(
    ("fits", "warns"),
    [
        ({"sum": 1.4, "log": 1.2}, True),
        ({"sum": 1.22, "log": 1.2}, False),
        ({"sum": 1.2, "log": 1.4}, False),
    ],
)
def test_only_a_clearly_better_setting_is_worth_a_warning(fits, warns, theirs, tiny_adata, monkeypatch):
    monkeypatch.setattr(normalisation, "fits_by_normalisation", lambda *_: fits)
    cells = line_up(tiny_adata(), theirs.vocabulary)
    found = check_normalisation(theirs, cells, CONTEXT)
    assert bool(found) == warns
    if warns:
        assert "'sum'" in found[0]
        assert "'log'" in found[0]
        assert embed(theirs, cells).notes == found


def test_the_better_setting_is_found_where_the_file_is_wrong(theirs, tiny_adata):
    """A model that predicts well under one setting is warned about under the other."""
    cells = line_up(tiny_adata(), theirs.vocabulary)
    fits = fits_by_normalisation(theirs, cells, CONTEXT)
    better = min(fits, key=fits.get)
    worse = "log" if better == "sum" else "sum"
    for stated in (better, worse):
        theirs.model.config = dataclasses.replace(theirs.model.config, normalization=stated)
        expected = stated == worse and fits[better] < fits[worse] - 0.05
        assert bool(check_normalisation(theirs, cells, CONTEXT)) == expected


def test_models_of_ours_and_of_means_alone_are_not_asked(tiny_pretrained, theirs, tiny_adata):
    ours = tiny_pretrained()
    cells = line_up(tiny_adata(), ours.vocabulary)
    assert check_normalisation(ours, cells, CONTEXT) == ()
    means = tiny_pretrained(expression="mse")
    assert fits_by_normalisation(means, cells, CONTEXT) == {}
    assert check_normalisation(dataclasses.replace(means, report=theirs.report), cells, CONTEXT) == ()
