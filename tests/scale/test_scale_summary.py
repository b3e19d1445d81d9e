"""From runs to points, growth and the paper's columns."""

import itertools

import pytest

from bengrn.scale.summary import summarise
from bengrn.scale.sweep import Timing

TINY = (40, 12)


def run(cells, genes, seconds, repeat=0, **other):
    given = {"wall_s": seconds, "cpu_s": 2 * seconds, "warm_up_s": 0.5, "memory_bytes": 8 * genes**2 * 100}
    return Timing(cells, genes, repeat, "ok", **{**given, "load": 0.5, **other})


def law(cells, genes):
    return 1e-5 * cells * genes**1.5


def timings(cells=(250, 500, 1000), genes=(250, 500, 1000), fixed=0.1):
    return [
        run(*TINY, fixed, is_fixed_cost=True),
        *(run(c, g, fixed + law(c, g)) for c, g in itertools.product(cells, genes)),
    ]


def test_the_fixed_cost_is_taken_off_before_the_fit():
    found = summarise(timings())
    assert found["fixed_s"] == 0.1
    assert found["time"]["cells"]["value"] == pytest.approx(1.0)
    assert found["time"]["genes"]["value"] == pytest.approx(1.5)
    assert found["time"]["cells"]["growth"] == "linear"
    assert found["cpu"]["scale"] == pytest.approx(2e-5)
    assert found["memory"]["genes"]["value"] == pytest.approx(2.0)


def test_a_point_is_the_median_of_its_repeats():
    runs = [
        run(*TINY, 0.0, is_fixed_cost=True),
        *(run(250, 250, seconds, number) for number, seconds in enumerate((3.0, 1.0, 9.0))),
    ]
    point = summarise(runs)["points"][0]
    assert point["wall_s"] == 3.0
    assert point["all_wall_s"] == [3.0, 1.0, 9.0]


def test_the_papers_size_is_extrapolated_and_says_how_far():
    columns = summarise(timings())["table_s4"]
    assert columns["one_s"] == pytest.approx(0.1 + law(1000, 4000))
    assert columns["all_types_s"] == pytest.approx(12 * (0.1 + law(1000, 4000)))
    assert columns["how"] == "extrapolated, 4 x beyond the genes measured"


def test_the_papers_size_is_taken_as_measured_where_it_was():
    runs = [one for one in timings(genes=(1000, 4000)) if one.genes != 4000 or one.cells != 1000]
    columns = summarise([*runs, run(1000, 4000, 77.0)])["table_s4"]
    assert (columns["how"], columns["one_s"]) == ("measured", 77.0)


def test_a_size_between_those_measured_is_not_called_extrapolated():
    columns = summarise(timings(cells=(500, 2000), genes=(1000, 8000)))["table_s4"]
    assert columns["how"] == "between the sizes measured, by the fit"


def test_a_size_below_those_measured_is_extrapolated_too():
    columns = summarise(timings(cells=(2000, 4000), genes=(1000, 4000)))["table_s4"]
    assert columns["how"] == "extrapolated, 2 x below the cells measured"


def test_a_size_as_small_as_the_tiny_task_is_a_point_like_others():
    assert len(summarise(timings(cells=(40, 80), genes=(12, 24)))["points"]) == 4


def test_one_size_only_leaves_exponent_and_columns_undefined():
    found = summarise(timings(cells=(500,)))
    assert found["time"]["cells"] is None
    assert found["time"]["genes"]["value"] == pytest.approx(1.5)
    assert "size 1000 was never measured" in found["table_s4"]["undefined"]


def test_runs_that_take_no_longer_than_the_fixed_cost_are_left_out():
    runs = [*timings(), run(60, 60, 0.15)]
    assert summarise(runs)["time"]["left_out"] == 1
    assert summarise(runs)["time"]["genes"]["value"] == pytest.approx(1.5)


def test_sizes_that_are_all_too_small_say_so():
    found = summarise(
        [run(*TINY, 0.1, is_fixed_cost=True), run(50, 50, 0.11), run(100, 50, 0.12), run(50, 100, 0.12)]
    )
    assert found["time"]["undefined"].startswith("3 sizes were too small to tell; ask for larger ones.")


def test_a_failed_point_is_listed_and_the_fit_goes_on():
    failed = Timing(2000, 2000, 0, "timeout", "stopped after the limit of 9 s (--time-limit)")
    found = summarise([*timings(), failed])
    assert found["points"][-1]["reason"].startswith("stopped after")
    assert found["time"]["points"] == 9


def test_an_unknown_fixed_cost_and_cold_runs_are_noted():
    tiny = Timing(*TINY, 0, "error", "ValueError: too few", is_fixed_cost=True)
    cold = [
        run(c, g, law(c, g), warm_up_s=None, reason="no warm-up: ValueError")
        for c in (9, 99)
        for g in (9, 99)
    ]
    notes = summarise([tiny, *cold])["notes"]
    assert "the tiny task failed (ValueError: too few)" in notes[0]
    assert notes[1].startswith("4 runs had no warm-up")
