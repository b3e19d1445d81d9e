"""Which record answers which printed row: the names of the paper and ours, and how far reruns differ."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from bengrn.report.published_table import Published

__all__ = ["COMPAT", "DATA", "ENRICHMENT", "METHODS", "STRICT", "TRUTHS", "Asked", "asked", "spread"]

# printed truth -> the truth here, and the preset that makes the published universe
TRUTHS: Mapping[str, tuple[str, str]] = {
    "OmniPath": ("omnipath", "published"),
    "GWPS": ("gwps", "published"),
    "RegNetwork": ("sergio-regnetwork", ""),
    **{
        f"McCalla {organism} {kind}": (f"mccalla-{organism}-{kind.lower()}", "")
        for organism in ("human", "mouse")
        for kind in ("full", "ChIP", "KO")
    },
}
# printed data -> the data set here; of a file, a part of its name (the id of the cellxgene data set)
DATA: Mapping[str, str] = {
    "Han": "mccalla-han",
    "Yan": "mccalla-yan",
    "Tran": "mccalla-tran",
    "Zhao": "mccalla-zhao",
    "K562 controls": "gwps-controls",
    "SERGIO": "sergio-regnetwork",
    "kidney": "02f8bb42-0322-4906-b9ad-b92a5ce73a2d",
    "retina": "53bd4177-79c6-40c8-b84d-ff300dcf1b5b",
}
# printed method -> the method here and the settings of the published runs
METHODS: Mapping[str, tuple[str, Mapping[str, object]]] = {
    "GENIE3": ("genie3", {"ntrees": 100, "max_features": "sqrt", "tree": "forest", "normalize": "counts"}),
    "DeepSEM": ("deepsem", {}),
    "RegDiffusion": ("regdiffusion", {}),
    "scPRINT": ("scprint", {}),
    "scPRINT-large": ("scprint", {}),
}
# meaning of a printed number -> the compat score, and the strict one to read instead
COMPAT: Mapping[str, str] = {
    "odds_ratio": "epr_published",
    "auprc_raw": "auprc_quantile",
    "auprc_minus_random": "auprc_minus_random",
    "random_precision": "random_precision",
    "tf_target_percent": "tf_target_enrichment",
    "tf_enriched": "tf_enrichment",
}
STRICT: Mapping[str, str] = {
    "odds_ratio": "epr",
    "auprc_raw": "ap",
    "auprc_minus_random": "ap",
    "average_precision": "ap",
    "random_precision": "random_precision",
    "precision": "precision",
    "recall": "recall",
    "tf_target_percent": "tf_target_enrichment",
    "tf_enriched": "tf_enrichment",
    "cell_type_enriched": "cell_type_enrichment",
}
# what only a run with --enrichment measures
ENRICHMENT = ("tf_target_percent", "tf_enriched", "cell_type_enriched")
# what two recorded runs of one protocol differ by, over the larger of the two; of an AUPRC, over its excess
# over random, because the area itself is mostly that
_SPREAD = {
    ("genie3", "odds_ratio"): 1 - 3.51 / 3.54,  # GWPS
    ("scprint", "odds_ratio"): 1 - 2.98 / 3.02,  # Han, full
    ("deepsem", "odds_ratio"): 1 - 1.989284 / 2.510598,  # GWPS
    ("scprint", "auprc"): 1 - (0.068434 - 0.038956) / (0.0695 - 0.0390),
    ("deepsem", "auprc"): 1 - (0.023972 - 0.020718) / (0.027343 - 0.020718),
}


@dataclass(frozen=True)
class Asked:
    """The run that a printed row asks for.

    Parameters
    ----------
    method, settings
        Name here, and the settings that must be equal.
    truth, preset
        Name here, and the preset with the published universe.
    data
        Name here, or the id that is a part of a file's name.
    cell_type
        Empty for all cells.
    cells
        How many; at most, unless `exactly`.
    """

    method: str
    settings: Mapping[str, object]
    truth: str
    preset: str
    data: str
    cell_type: str
    cells: int
    exactly: bool

    @property
    def truth_name(self) -> str:
        """The truth with its preset, as it is asked for."""
        return f"{self.truth}:{self.preset}" if self.preset else self.truth

    @property
    def text(self) -> str:
        """What the record would be of."""
        cells = f", {self.cell_type}" if self.cell_type else ""
        return f"{self.method} on {self.truth_name} with {self.data}{cells}"

    def is_data(self, name: str) -> bool:
        """Whether a record's data set is the one asked for."""
        return name == self.data or (_is_id(self.data) and self.data in name)


def asked(printed: Published) -> Asked | None:
    """Return the run that a printed row asks for; None where a name of it has no counterpart here."""
    known = METHODS.get(printed.method), TRUTHS.get(printed.truth), DATA.get(printed.data)
    method, truth, data = known
    if method is None or truth is None or data is None:
        return None
    trees = re.search(r"(\d+) trees", printed.variant)
    cells = re.search(r"(\d+) cells", printed.variant)
    settings = {**method[1], **({"ntrees": int(trees[1])} if trees else {})}
    return Asked(
        method[0], settings, *truth, data, printed.cell_type, int(cells[1]) if cells else 1024, bool(cells)
    )


def spread(method: str, meaning: str) -> float:
    """Return how far, as a share of the number, two runs of the published protocol differ.

    The odds ratio's where a score of the ranking has no other; 0 where nothing was ever run twice, as no
    enrichment was. Of an AUPRC it is a share of what the area exceeds random by.
    """
    if meaning in ENRICHMENT:
        return 0.0
    kind = "auprc" if meaning.startswith("auprc") else meaning
    return _SPREAD.get((method, kind), _SPREAD.get((method, "odds_ratio"), 0.0))


def _is_id(data: str) -> bool:
    return re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", data) is not None
