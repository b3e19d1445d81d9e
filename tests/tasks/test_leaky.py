"""What is left of the scores of a leaky network."""

from bengrn.tasks.leaky import LEAKY_REASON, compat_alone

SCORES = {
    "strict": {
        "ap": {"value": 0.5, "version": "1", "low": 0.4, "high": 0.6},
        "n_candidates": {"value": 100.0, "version": "1"},
    },
    "compat": {"epr_published": {"value": 3.0, "version": "1"}},
}
TABLES = {"tf_enrichment": {"strict": [1], "compat": [2]}, "cell_type_enrichment": {"strict": [3]}}


def test_strict_scores_have_no_value_and_say_why():
    strict = compat_alone(SCORES, {})[0]["strict"]
    assert strict["ap"] == {"value": None, "version": "1", "reason": LEAKY_REASON}


def test_the_counts_of_candidates_and_compat_scores_stay():
    scores, _ = compat_alone(SCORES, {})
    assert scores["strict"]["n_candidates"] == SCORES["strict"]["n_candidates"]
    assert scores["compat"] == SCORES["compat"]


def test_strict_tables_of_gene_sets_are_left_out():
    assert compat_alone(SCORES, TABLES)[1] == {"tf_enrichment": {"compat": [2]}}
