"""Cards of the enrichment scores, with networks whose answer is known."""

from collections.abc import Callable, Collection, Sequence

import numpy as np

from bengrn.enrichment.cell_types import cell_type
from bengrn.enrichment.factors import TF_VERSION
from bengrn.enrichment.gene_sets import chip_targets, marker_sets
from bengrn.enrichment.identity import CELL_TYPE_VERSION
from bengrn.enrichment.targets import TARGET_VERSION
from bengrn.gene_table import gene_table
from bengrn.genes import transcription_factors
from bengrn.metrics.metric import NetworkExample, ScoreCard
from bengrn.values import Network

__all__ = ["ENRICHMENT_CARDS", "EXAMPLE_CELL_TYPE"]

# the cells that the examples of `cell_type_enrichment` are said to be
EXAMPLE_CELL_TYPE = "B cell"
_GSEA = "preranked GSEA: Subramanian 2005, https://doi.org/10.1073/pnas.0506580102"
_ORIGINAL = "the scPRINT paper's library up to 1.3; https://doi.org/10.1038/s41467-025-58699-1"
_CHIP = "ENCODE's TF ChIP library, 166 entries of 94 factors"


def _uniform(regulators: Sequence[str], targets: Sequence[str]) -> Network:
    scores_RT = np.random.default_rng(0).uniform(0.1, 1, (len(regulators), len(targets)))
    return Network(scores_RT.astype(np.float32), tuple(regulators), tuple(targets))


def _some_genes(step: int, more: Collection[str] = ()) -> list[str]:
    """Return every so many of the protein-coding genes, and some more."""
    coding = [name for name, gene in gene_table().genes.items() if gene.group == "protein"]
    return sorted({*coding[::step], *more})


def _raised(network: Network, high: Callable[[str], bool]) -> Network:
    """Return a network with the rows of some genes raised by 1."""
    high_R = np.array([high(name) for name in network.regulators])
    return Network(network.scores + high_R[:, None], network.regulators, network.targets)


def _factors() -> list[str]:
    """Return a dozen factors with many targets."""
    return sorted(name for name, targets in chip_targets().targets.items() if len(targets) > 500)[:12]


def _own_targets() -> Network:
    factors = _factors()
    network = _uniform(factors, _some_genes(40, factors))
    own_RT = [[name in set(chip_targets().targets[one]) for name in network.targets] for one in factors]
    return Network(network.scores + np.array(own_RT), network.regulators, network.targets)


def _turned() -> Network:
    network = _own_targets()
    return Network(np.asarray(network.scores).T, network.targets, network.regulators)


def _out_degrees() -> Network:
    factors, genes = _factors(), _some_genes(40)
    return Network(np.repeat(np.arange(1.0, 13)[:, None], len(genes), axis=1), tuple(factors), tuple(genes))


def _strangers() -> Network:
    return _uniform([f"x{one}" for one in range(20)], [f"y{one}" for one in range(50)])


def _square() -> Network:
    genes = _some_genes(40)
    return _uniform(genes, genes)


def _tfs_high() -> Network:
    return _raised(_square(), lambda name: name in transcription_factors())


def _tfs_low() -> Network:
    return _raised(_square(), lambda name: name not in transcription_factors())


def _markers() -> set[str]:
    accepted = cell_type(EXAMPLE_CELL_TYPE).accepted
    return {gene for one in accepted for gene in marker_sets()[one]}


def _with_markers() -> Network:
    genes = _some_genes(20, _markers())
    return _uniform(genes, genes)


def _markers_high() -> Network:
    return _raised(_with_markers(), _markers().__contains__)


_STRANGE = NetworkExample(_strangers, None, "names that are no genes, and in no set")

ENRICHMENT_CARDS = (
    ScoreCard(
        "tf_target_enrichment", "strict", TARGET_VERSION,
        "percent of factors whose ChIP targets stand high among their outgoing edges",
        f"Of {_CHIP}: prerank GSEA on the factor's row, by magnitude, itself left out, one-sided; q after "
        "Benjamini and Hochberg over factors; 100 x those with q < 0.05 over those that can be tested. A "
        "factor whose row is all equal counts as a failure.",
        1, "null_percent of the record: the same with factors' sets exchanged", (0.0, 100.0), _GSEA,
        (
            NetworkExample(_own_targets, 100.0, "a dozen factors, their ChIP targets raised by 1 over noise"),
            NetworkExample(_out_degrees, 0.0, "out-degrees alone: no row ranks anything"),
            _STRANGE,
        ),
    ),
    ScoreCard(
        "tf_target_enrichment", "compat", TARGET_VERSION,
        "percent of entries whose ChIP targets stand high among the factor's incoming edges, as published",
        f"Of {_CHIP}: each entry by itself, on the factor's column; enriched if p < 0.05 (GSEA's FDR of a "
        "single set) and NES > 1. Entries without overlap stay in the denominator, names are not mapped.",
        1, "not 0: sets are not corrected for each other, and popular genes raise all of them", (0.0, 100.0),
        _ORIGINAL,
        (
            NetworkExample(_turned, 93.75, "15 of 16 entries: targets raised in the factors' columns"),
            _STRANGE,
        ),
    ),
    ScoreCard(
        "tf_enrichment", "strict", TF_VERSION,
        "whether transcription factors stand high among genes by the sum of their outgoing edges",
        "Prerank GSEA of the transcription factors among genes by their row sums (the view `targets`): 1 if "
        "NES > 0 and q < 0.05, a single one-sided test; else 0.",
        1, "1 in at most 5 % of random networks", (0.0, 1.0), _GSEA,
        (
            NetworkExample(_tfs_high, 1.0, "all genes x all genes, rows of factors raised by 1 over noise"),
            NetworkExample(_tfs_low, 0.0, "rows of all other genes raised instead"),
            _STRANGE,
        ),
    ),
    ScoreCard(
        "tf_enrichment", "compat", TF_VERSION,
        "whether transcription factors stand out in any view, as published",
        "GSEA's FDR < 0.1 in any of three views, whatever the sign, beside the marker sets that the paper "
        "had.",
        1, "not 0: three views, no sign asked for", (0.0, 1.0), _ORIGINAL,
        (
            NetworkExample(_tfs_high, 1.0, "all genes x all genes, rows of factors raised by 1 over noise"),
            NetworkExample(_tfs_low, 1.0, "rows of all others raised instead: the sign is not asked for"),
        ),
    ),
    ScoreCard(
        "cell_type_enrichment", "strict", CELL_TYPE_VERSION,
        "whether a marker set of the cells' type is enriched in a view of the network",
        "Every marker set in every view, one-sided, q after Benjamini and Hochberg over all tests; 1 if a "
        "set that stands for the type has q < 0.1 and NES > 1; else 0. The record holds the set's rank and "
        "how many unrelated sets were found.",
        1, "n_false of the record: unrelated sets found by the same tests", (0.0, 1.0), _GSEA,
        (
            NetworkExample(_markers_high, 1.0, f"cells: {EXAMPLE_CELL_TYPE}; its markers' rows raised by 1"),
            NetworkExample(_with_markers, 0.0, f"cells: {EXAMPLE_CELL_TYPE}; noise alone"),
            _STRANGE,
        ),
    ),
)  # fmt: skip
