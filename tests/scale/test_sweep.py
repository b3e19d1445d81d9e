"""Every size runs in a process of its own, and what goes wrong there is a line in the table."""

import pytest

from bengrn.errors import SettingError
from bengrn.execute.process import Limits
from bengrn.registry import build_registry
from bengrn.request import parse_named
from bengrn.resolve import choose
from bengrn.scale.sweep import Sweep, Timing, check_sizes, sweep

FREE = Limits(120.0, 2**33, 1)


@pytest.fixture
def plan(tmp_path, method_file):
    def make(body="pass", **changed):
        path = method_file(body)
        asked = parse_named(str(path))
        chosen = choose(build_registry([path]), "method", asked)
        given = {"cells": (30,), "genes": (20,), "limits": FREE, "repeats": 1, **changed}
        return Sweep(method=chosen, folder=tmp_path / "out", **given)

    return make


def by_size(timings):
    return {(one.cells, one.genes): one for one in timings}


def test_a_run_is_timed_after_its_warm_up(plan, tmp_path):
    told = []
    timings = sweep(plan("globals().setdefault('calls', []).append(1)"), told=told.append)
    assert told == timings
    assert [(one.cells, one.genes, one.status) for one in timings] == [(40, 12, "ok"), (30, 20, "ok")]
    assert all(one.wall_s > 0 and one.warm_up_s > 0 and one.memory_bytes >= 0 for one in timings)
    assert list((tmp_path / "out").iterdir()) == []  # nothing is left behind


def test_a_method_that_fails_at_one_size_spares_the_others(plan):
    body = "if adata.n_vars == 20: raise ValueError('twenty is too many')"
    found = by_size(sweep(plan(body, genes=(20, 25))))
    assert found[30, 20].status == "error"
    assert found[30, 20].reason == "ValueError: twenty is too many"
    assert found[30, 25].status == "ok"


def test_a_warm_up_that_fails_is_a_remark(plan):
    timing = sweep(plan("if adata.n_vars < 15: raise ValueError('too few')"))[1]
    assert (timing.status, timing.warm_up_s) == ("ok", None)
    assert timing.reason == "no warm-up: ValueError: too few"


@pytest.mark.parametrize("status", ["timeout", "out_of_memory"])
def test_what_is_larger_than_a_size_that_took_too_much_is_not_run(plan, monkeypatch, status):
    def run(plan, size, repeat, work):
        return Timing(*size, repeat, status if size == (60, 20) else "ok", wall_s=1.0)

    monkeypatch.setattr("bengrn.scale.sweep._run", run)
    timings = sweep(plan(cells=(30, 60), genes=(20, 40), repeats=2))
    assert [(one.cells, one.genes, one.status) for one in timings] == [
        *[(40, 12, "ok")] * 2,
        *[(30, 20, "ok")] * 2,
        *[(30, 40, "ok")] * 2,
        (60, 20, status),
        (60, 40, "not run"),
    ]
    assert timings[-1].reason == f"60 x 20 ended with {status}"


def test_a_process_that_dies_is_an_error_with_what_it_said(plan):
    timing = sweep(plan("import os, sys; sys.stderr.write('goodbye\\n'); sys.stderr.flush(); os._exit(3)"))[0]
    assert timing.status == "error"
    assert timing.reason == "the process ended with exit code 3: goodbye"


@pytest.mark.parametrize(("numbers", "said"), [([], "empty"), ([1, 5], "1,5"), ([5, 5], "5,5")])
def test_sizes_that_make_no_grid_are_refused(numbers, said):
    with pytest.raises(SettingError, match=f"--cells is {said}; expected different numbers of at least 2"):
        check_sizes(numbers, "--cells", 2)


def test_no_repeats_and_more_regulators_than_genes_are_refused(plan):
    with pytest.raises(SettingError, match="--repeats is 0"):
        plan(repeats=0)
    with pytest.raises(SettingError, match="--regulators is 21; expected 1 to 20"):
        plan(regulators=21)
