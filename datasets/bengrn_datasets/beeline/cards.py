"""What is known of each real network and panel of BEELINE: the rows that `beeline.real` declares."""

from dataclasses import dataclass

from bengrn_datasets.beeline.simulated import LICENCE, PAPER

__all__ = ["CUT_LICENCE", "CUT_PAPER", "NETWORKS", "PANELS", "PANEL_LICENCE", "Network", "Panel"]

CUT_PAPER = f"{PAPER}; cut of Chen & Liu 2022, Bioinformatics 38:4522 (GENELink)"
CUT_LICENCE = "CC BY 4.0 (BEELINE's archive, doi:10.5281/zenodo.3701939); GENELink's repository names none"
PANEL_LICENCE = "GPL-3 (repository of BEELINE); the cells are public, no licence stated"


@dataclass(frozen=True)
class Network:
    """One real network: a truth."""

    name: str
    description: str
    card: tuple[str, ...]
    path: str
    organism: str
    data: str = ""
    directed: bool = True
    licence: str = LICENCE
    citation: str = PAPER


# kind -> the folder of the cut, and what its pairs are
_KINDS = {
    "specific": ("Specific", "targets bound in ChIP-seq of cells of the same type"),
    "nonspecific": ("Non-Specific", "targets of DoRothEA, RegNetwork and TRRUST, whatever the cells"),
    "string": ("STRING", "functional associations of STRING"),
    "lofgof": ("Lofgof", "genes that change when a regulator is lost or gained (ESCAPE)"),
}
_STRING = (
    "STRING's associations have no direction. A pair is listed from each of its ends that is a transcription "
    "factor; which of two factors regulates the other is not known."
)
_UPPER = "Names are upper case upstream; mouse genes get the spelling of mouse symbols back."
_CUTS = {
    "hesc": ("hESC_TFs500_networks_only", "human", "human embryonic stem cells", 910, ""),
    "mdc": ("mDC_TFs500", "mouse", "mouse dendritic cells", 821, "beeline-mdc"),
    "mesc": ("mESC_TFs500_networks_only", "mouse", "mouse embryonic stem cells", 1120, ""),
}
# edges that the files hold
_CUT_EDGES = {
    "hesc": {"specific": 4_545, "nonspecific": 3_441, "string": 4_257},
    "mdc": {"specific": 756, "nonspecific": 3_067, "string": 4_815},
    "mesc": {"specific": 29_613, "nonspecific": 6_893, "string": 7_762, "lofgof": 4_169},
}


def _notes(kind: str, organism: str) -> tuple[str, ...]:
    return (*([_STRING] if kind == "string" else []), *([_UPPER] if organism == "mouse" else []))


def _cut(cells: str, kind: str) -> Network:
    folder, organism, what, genes, data = _CUTS[cells]
    below, pairs = _KINDS[kind]
    edges = _CUT_EDGES[cells][kind]
    card = (
        f"{edges:,} edges of {what}: {pairs}.",
        f"BEELINE's network, cut to the {genes:,} genes of its expression data (transcription factors and "
        f"500 variable genes). {'Cells: `beeline-mdc`.' if data else 'That expression is not offered.'} "
        "Tested: every source, against every gene that the cut lists.",
        *_notes(kind, organism),
    )
    return Network(
        f"beeline-{cells}-{kind}",
        f"BEELINE, {what}: {pairs}; {edges:,} edges among {genes:,} genes",
        card,
        f"GENELink_{folder}/{below}/BL--network.csv",
        organism,
        data,
        kind != "string",
        CUT_LICENCE,
        CUT_PAPER,
    )


NETWORKS = tuple(_cut(cells, kind) for cells, kinds in _CUT_EDGES.items() for kind in kinds)


@dataclass(frozen=True)
class Panel:
    """One early data set: cells, and a network among few genes."""

    name: str
    what: str
    organism: str
    folder: str
    cells: int
    genes: int
    edges: int
    measured: str
    reference: str
    citation: str
    has_string: bool = False
    values: str = "continuous"

    @property
    def network_card(self) -> tuple[str, ...]:
        """The truth's card, in paragraphs."""
        return (
            f"{self.edges} edges among {self.genes} genes: {self.what}.",
            f"{self.reference} Upstream's column of signs holds one sign throughout, and is not used. A "
            "panel of so few genes tells little: prefer a larger truth.",
            _PRESETS if self.has_string else "",
        )

    @property
    def cells_card(self) -> tuple[str, ...]:
        """The data set's card, in paragraphs."""
        return (
            f"{self.cells:,} cells x {self.genes} genes: {self.what}.",
            f"An early input of BEELINE, replaced before its publication. {self.measured} "
            '`obs["pseudotime_1"]` is upstream\'s pseudotime.',
        )


_PRESETS = (
    "The presets `string-400`, `string-700` and `string-900` take STRING's associations of at least that "
    "score instead: without direction, each counted both ways."
)
_SCODE = (
    "Upstream does not say where the network comes from. It is probably what SCODE was evaluated with: "
    "binding inferred from DNase footprints and motifs."
)
_MATSUMOTO = "prepared by Matsumoto et al. 2017, Bioinformatics 33:2314 (SCODE)"

PANELS = (
    Panel(
        "beeline-small-hesc",
        "human embryonic stem cells turning into endoderm",
        "human",
        "inputs/datasets/human/hESC",
        758,
        49,
        375,
        "Values are log-transformed, from 0 to 9.2.",
        _SCODE,
        f"Chu et al. 2016, Genome Biol 17:173; {_MATSUMOTO}",
        has_string=True,
    ),
    Panel(
        "beeline-small-thp1",
        "human THP-1 cells turning into macrophages",
        "human",
        "inputs/datasets/human/THP1",
        960,
        45,
        335,
        "Quantitative PCR; values from 3.5 to 97 as upstream gives them, where what a cell does not show has "
        'its least value. `obs["time"]`: hours.',
        "Upstream does not say where the network comes from. It is probably that of knock-downs by matrix "
        "RNAi in the same cells (Tomaru et al. 2009), which SINCERITIES was evaluated with.",
        "Kouno et al. 2013, Genome Biol 14:R118",
    ),
    Panel(
        "beeline-small-mef",
        "mouse embryonic fibroblasts turning into neurons",
        "mouse",
        "inputs/datasets/mouse/mEF",
        373,
        40,
        666,
        "Values are log-transformed, from 0 to 11.1.",
        _SCODE,
        f"Treutlein et al. 2016, Nature 534:391; {_MATSUMOTO}",
        has_string=True,
    ),
    Panel(
        "beeline-small-mes-pe",
        "mouse embryonic stem cells turning into primitive endoderm",
        "mouse",
        "inputs/datasets/mouse/mES-PE",
        456,
        47,
        616,
        "Values are log-transformed, from 0 to 2; 2 % are tiny (below 1e-4) where others have 0.",
        _SCODE,
        f"Hayashi et al. 2018, Nat Commun 9:619; {_MATSUMOTO}",
        has_string=True,
    ),
    Panel(
        "beeline-small-mes-retinoic",
        "mouse embryonic stem cells in retinoic acid",
        "mouse",
        "inputs/datasets/mouse/mES-retinoic",
        1886,
        12,
        54,
        "Values are whole numbers, counts of 12 genes only: the depth of a cell is not known, and 36 cells "
        'have none of them. `obs["time"]` is upstream\'s `Time`, 1 to 24; it does not say what that is.',
        "Binding and loss or gain of function in ESCAPE, as SINGE was evaluated with.",
        "Semrau et al. 2017, Nat Commun 8:1096; Deshpande et al. 2022, Cell Rep 38:110333 (SINGE)",
        values="counts",
    ),
)
