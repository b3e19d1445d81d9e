"""Selection of heads within runs: which pairs are scored, what keys and records say, what is refused."""

import dataclasses
import json

import pytest

from bengrn.errors import SettingError, TruthError
from bengrn.execute.job import Job
from bengrn.execute.plan import freeze_tasks
from bengrn.request import HeadsAsked, Scoring, parse_heads
from bengrn.tasks.leaky import LEAKY_REASON

SPLIT = HeadsAsked("split")
PUBLISHED = HeadsAsked("published", recipe="mccalla-han-heads")


def _from(truth, **more):
    return dataclasses.replace(parse_heads(None, truth, None), **more)


def test_the_record_says_what_the_heads_were_selected_by(answered, heads_file):
    (record,) = answered(f"{heads_file()}:model", heads=SPLIT)
    assert record.ok, record.reason
    facts = {name: record.heads[name] for name in ("mode", "truth", "recipe", "leaky", "heads")}
    assert facts == {"mode": "split", "truth": "omnipath", "recipe": "strict", "leaky": False, "heads": 6}
    assert 1 <= len(record.heads["coefficients"]) == record.heads["selected"] <= 6
    assert any("of its 6 heads, selected by omnipath" in text for text in record.warnings)


def test_every_method_of_a_run_is_scored_on_the_same_pairs(answered, heads_file):
    model, random, truth = answered(f"{heads_file()}:model", "random", "truth", heads=SPLIT)
    digests = {record.universe["digest"] for record in (model, random, truth)}
    assert len(digests) == len({record.task["digest"] for record in (model, random, truth)}) == 1
    assert random.heads == truth.heads == {}
    assert truth.value("ap") == pytest.approx(1)
    assert random.universe["regulators"] == random.task["report"]["regulators"] < 60


def test_heads_by_another_truth_are_scored_on_the_same_pairs(answered, heads_file, made_truth):
    method = f"{heads_file()}:model"
    (split,) = answered(method, heads=SPLIT)
    (other,) = answered(method, heads=_from(str(made_truth)))
    assert other.heads["truth"] == "made.tsv"
    assert other.universe["digest"] == split.universe["digest"]
    assert other.task["digest"] != split.task["digest"]


def test_a_method_without_heads_gets_the_input_that_it_always_gets(answered):
    (plain,), (held_out,) = answered("pearson"), answered("pearson", heads=SPLIT)
    assert held_out.keys["inference"] == plain.keys["inference"]
    assert held_out.timings["infer"]["stored"] == 1.0
    assert held_out.universe["pairs"] < plain.universe["pairs"]


def test_a_control_that_reads_the_truth_reads_the_scored_part(answered):
    (plain,), (held_out,) = answered("oracle-degrees"), answered("oracle-degrees", heads=SPLIT)
    assert held_out.keys["inference"] != plain.keys["inference"]


def test_a_request_without_heads_has_the_key_that_it_had(planned, heads_file):
    _, (job,), _ = planned("pearson")
    assert not {"heads", "universe"} & set(job.ingredients)
    _, (published, _), _ = planned("pearson", f"{heads_file()}:model", heads=PUBLISHED)
    assert published.key == job.key  # it changes nothing for pearson


def test_a_published_recipe_without_heads_to_select_is_refused(planned):
    with pytest.raises(SettingError, match="none of these methods offers any"):
        planned("pearson", heads=PUBLISHED)


def test_every_selection_is_a_request_of_its_own(planned, heads_file, made_truth):
    method, other = f"{heads_file()}:model", str(made_truth)
    selections = [
        SPLIT,
        HeadsAsked("split", share=0.4),
        PUBLISHED,
        HeadsAsked("published", recipe="gwps"),
        _from(other),
        _from(other, mode="published", recipe="gwps"),
    ]
    keys = [planned(method, heads=one)[1][0].key for one in selections]
    assert len(set(keys)) == len(keys)


def test_another_truth_that_is_the_scored_one_is_the_split(planned, heads_file):
    method = f"{heads_file()}:model"
    assert planned(method, heads=_from("omnipath"))[1][0].key == planned(method, heads=SPLIT)[1][0].key


def test_a_job_with_heads_survives_json(planned, heads_file, tmp_path):
    _, (job,), _ = planned(f"{heads_file()}:model", heads=SPLIT)
    (tmp_path / "job.json").write_text(job.to_json())
    read = Job.read(tmp_path / "job.json")
    assert (read.heads, read.cards["heads"]) == ("strict", job.cards["heads"])


def test_a_new_score_setting_reuses_the_network_and_its_heads(answered, heads_file):
    method = f"{heads_file()}:model"
    (first,) = answered(method, heads=SPLIT)
    (again,) = answered(method, heads=SPLIT, scoring=Scoring(null_draws=2, bootstrap_draws=30))
    assert again.timings["infer"]["stored"] == 1.0
    assert again.key != first.key
    assert json.dumps(again.heads) == json.dumps(first.heads)
    assert again.keys["network"] == first.keys["network"]


def test_a_leaky_selection_has_compat_scores_alone(answered, heads_file):
    (record,) = answered(f"{heads_file()}:model", heads=PUBLISHED)
    assert record.heads["leaky"]
    assert any(LEAKY_REASON in text for text in record.warnings)
    kept = {name for name, cell in record.scores["strict"].items() if cell["value"] is not None}
    assert kept == {
        "n_candidates",
        "n_positive",
        "n_predicted",
        "coverage",
        "random_precision",
        "expected_tp",
    }
    assert record.scores["strict"]["ap"]["reason"] == LEAKY_REASON
    assert record.scores["compat"]["auprc_quantile"]["value"] is not None
    assert "draws" not in record.keys


def test_as_published_all_pairs_are_scored(answered, heads_file):
    model, pearson = answered(f"{heads_file()}:model", "pearson", heads=PUBLISHED)
    (plain,) = answered("pearson")
    assert model.universe["digest"] == pearson.universe["digest"] == plain.universe["digest"]
    assert pearson.value("ap") == plain.value("ap") is not None


def test_a_published_recipe_may_be_fitted_on_another_truth(answered, heads_file, made_truth):
    (record,) = answered(
        f"{heads_file()}:model", heads=_from(str(made_truth), mode="published", recipe=PUBLISHED.recipe)
    )
    assert record.ok, record.reason
    assert (record.heads["truth"], record.heads["leaky"]) == ("made.tsv", True)
    assert record.universe["digest"] == answered("random")[0].universe["digest"]


def test_a_method_with_both_infers_without_heads_and_selects_with_them(answered, heads_file):
    method = f"{heads_file()}:both"
    (plain,), (selected,) = answered(method), answered(method, heads=SPLIT)
    assert plain.heads == {}
    assert plain.value("auroc") == pytest.approx(0.5)  # ones
    assert selected.heads["heads"] == 6


def test_heads_alone_need_a_selection(planned, heads_file):
    with pytest.raises(SettingError, match=r"'model' offers heads, not one network.*Give --heads split"):
        planned(f"{heads_file()}:model")


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ("raise RuntimeError('it broke')", "error", "RuntimeError: it broke (heads.py"),
        ("if number == 3: raise MemoryError", "out_of_memory", "out of memory"),
        ("if number: continue", "invalid_output", "offers one head, 'h0'"),
        ("name = 'same'", "invalid_output", "Two heads are named 'same'"),
        ("scores, rows, columns = scores.T, columns, rows", "invalid_output", "Transposed?"),
        ("columns = ['Q' + one for one in columns]", "invalid_output", "were not asked for"),
        ("scores[0, 0] = np.nan", "invalid_output", "NaN"),
        ("yield scores; continue", "invalid_output", "Item 0 of the heads is a ndarray"),
        ("scores = np.ones(scores.shape)", "invalid_output", "None of the 6 heads (6 of them constant)"),
        ("name += str(np.random.random())", "invalid_output", "not those of the first"),
        ("import absent_module", "error", "absent_module"),
    ],
)
def test_heads_that_fail_are_a_record(answered, heads_file, made_truth, body, status, said):
    methods = f"{heads_file(body)}:model", "pearson"
    record, pearson = answered(*methods, truths=(made_truth,), heads=SPLIT)
    assert (record.status, pearson.status) == (status, "ok")
    assert said in record.reason
    assert record.heads == {"mode": "split", "truth": "made.tsv", "recipe": "strict", "leaky": False}


def test_a_truth_of_another_species_is_refused_before_data_are_read(planned, monkeypatch, tmp_path):
    (tmp_path / "mouse.tsv").write_text("source\ttarget\nTrp53\tMdm2\nMyc\tE2f1\nStat3\tSocs3\n")
    chosen, _, _ = planned("pearson", heads=_from(str(tmp_path / "mouse.tsv")))
    monkeypatch.setattr("bengrn.execute.plan.load_data", lambda *_, **__: pytest.fail("data were read"))
    with pytest.raises(TruthError, match=r"mouse\.tsv is a truth of mouse, omnipath of human"):
        freeze_tasks(chosen, {0})


def test_a_truth_too_small_to_split_is_one_line(planned, tmp_path):
    (tmp_path / "small.tsv").write_text("source\ttarget\nTP53\tMDM2\nMYC\tE2F1\n")
    chosen, _, _ = planned("pearson", truths=(tmp_path / "small.tsv",), heads=SPLIT)
    with pytest.raises(TruthError, match="A split of the truth has"):
        freeze_tasks(chosen, {0})


def test_gene_sets_are_tested_on_the_scored_genes(answered, heads_file, monkeypatch):
    seen = []

    def tested(scores, network, **_):
        seen.append(network)
        return scores, {}

    monkeypatch.setattr("bengrn.runner.add_enrichment", tested)
    scoring = Scoring(null_draws=0, bootstrap_draws=0, enrichment=True)
    (record,) = answered("random", heads=SPLIT, scoring=scoring)
    trained = record.task["report"]["trained_on"]["targets"]
    assert len(seen[0].targets) == record.task["report"]["genes"] - trained
