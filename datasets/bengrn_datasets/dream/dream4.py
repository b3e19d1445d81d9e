"""DREAM4: in silico networks of 10 and 100 genes, and expression simulated from those of 100 (GeneNetWeaver).

A trap of the archives: the multifactorial part has the same five networks with their genes renamed at random,
so that its gold standards fit its own expression only. Here every part of a network has the names of the
other experiments; multifactorial expression is renamed by the mapping that lies with the gold standards.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from scipy import sparse

from bengrn.plugin import Dataset, Remote, Truth, TruthSource, hookimpl, pair_truth
from bengrn_datasets.declare import declare
from bengrn_datasets.dream.dream4_read import ROOT, Samples, read_gold, read_mapping, read_samples, rename
from bengrn_datasets.dream.files import dream_file, member

if TYPE_CHECKING:
    from anndata import AnnData

__all__ = ["Dream4Expression", "Dream4Truth"]

PAPER = "Marbach et al. 2010, PNAS 107:6286; Prill et al. 2010, PLoS One 5:e9202"
LICENCE = "data of the DREAM challenge, open for research (terms of Synapse, syn3049712)"

_GOLD = dream_file(
    "dream4_100_GRND/Dream4_100_gold/DREAM4_InSilicoNetworks_GoldStandard.zip",
    "4b3db62a0e25cfe8d4391534d515deb148a1028a519c8f88fc0637eed55d153d",
    224_899,
    folder="dream4",
)
_EXPERIMENTS = dream_file(
    "dream4_100_GRND/DREAM4_InSilico_Size100.zip",
    "538187695a42bc220aebfaf7f5a59792278fc4cc66068ecb440367cac6b85482",
    890_813,
    folder="dream4",
)
_MULTIFACTORIAL = dream_file(
    "dream4_100_GRND/DREAM4_InSilico_Size100_Multifactorial.zip",
    "8df4a7d645773818beac932dc7dc800e273f98eb2daee37b11d0bfd71c735774",
    216_787,
    folder="dream4",
)
# genes -> edges of the five networks
_EDGES = {10: (15, 16, 15, 13, 12), 100: (176, 249, 195, 211, 193)}
_EVERY = ("wildtype", "knockouts", "knockdowns", "timeseries", "multifactorial")


@dataclass(frozen=True, kw_only=True)
class Dream4Truth:
    """What the gold standards have in common: every gene against every other, nothing unknown."""

    name: ClassVar[str]
    description: ClassVar[str]
    genes: ClassVar[int]
    number: ClassVar[int]
    data: ClassVar[str]
    files: ClassVar[Mapping[str, Remote]] = {"gold": _GOLD}
    organism: ClassVar[str] = "simulated"
    licence: ClassVar[str] = LICENCE
    citation: ClassVar[str] = PAPER

    def load(self, paths: Mapping[str, Path]) -> Truth:
        """Read the network.

        Raises
        ------
        ValueError
            If the archive is broken or another one, or does not label every pair 0 or 1.
        """
        file = f"DREAM4_GoldStandard_InSilico_Size{self.genes}_{self.number}.tsv"
        genes, edges = read_gold(member(paths["gold"], f"{ROOT}/Size {self.genes}/{file}"), file)
        return pair_truth(
            [source for source, _ in edges],
            [target for _, target in edges],
            regulators=genes,
            targets=genes,
            organism=self.organism,
            version="DREAM4, gold standards of November 2009",
            licence=self.licence,
            citation=self.citation,
        )


@dataclass(frozen=True, kw_only=True)
class Dream4Expression:
    """What the expression of the five networks of 100 genes has in common."""

    name: ClassVar[str]
    description: ClassVar[str]
    number: ClassVar[int]
    files: ClassVar[Mapping[str, Remote]] = {
        "gold": _GOLD,
        "experiments": _EXPERIMENTS,
        "multifactorial": _MULTIFACTORIAL,
    }
    organism: ClassVar[str] = "simulated"
    licence: ClassVar[str] = LICENCE
    citation: ClassVar[str] = PAPER
    cell_type: ClassVar[str] = ""
    values: ClassVar[str] = "continuous"

    experiment: Literal["multifactorial", "timeseries", "knockouts", "knockdowns", "all"] = "multifactorial"

    def load(self, paths: Mapping[str, Path]) -> "AnnData":
        """Read S samples x 100 genes into `X`; `obs` says what each sample is.

        Raises
        ------
        ValueError
            If an archive is broken or another one, or the experiments are of different genes.
        """
        wanted = _EVERY if self.experiment == "all" else (self.experiment,)
        return _join({one: self._read(paths, one) for one in wanted})

    def _read(self, paths: Mapping[str, Path], experiment: str) -> Samples:
        """Read one experiment, with the names of genes that the truth has."""
        folder = f"insilico_size100_{self.number}"
        file = f"{folder}_{experiment}.tsv"
        if experiment != "multifactorial":
            return read_samples(member(paths["experiments"], f"{folder}/{file}"), experiment, file)
        samples = read_samples(member(paths["multifactorial"], file), experiment, file)
        return rename(samples, read_mapping(paths["gold"], self.number), file)


def _join(parts: Mapping[str, Samples]) -> "AnnData":
    """Return all samples of the experiments, their genes in one order."""
    import pandas as pd
    from anndata import AnnData

    genes = next(iter(parts.values())).genes
    for experiment, part in parts.items():
        if set(part.genes) != set(genes):
            raise ValueError(f"the {experiment} are of other genes than the rest; expected the same genes")
    x_SG = np.concatenate(
        [part.x_SG[:, [part.genes.index(gene) for gene in genes]] for part in parts.values()]
    )
    obs = pd.DataFrame(
        {
            "experiment": [experiment for experiment, part in parts.items() for _ in part.names],
            "perturbed": [gene for part in parts.values() for gene in part.perturbed],
            "series": [one for part in parts.values() for one in part.series],
            "time": [one for part in parts.values() for one in part.time],
        },
        index=pd.Index([name for part in parts.values() for name in part.names], dtype=object),
    )
    return AnnData(X=sparse.csr_array(x_SG), obs=obs, var=pd.DataFrame(index=pd.Index(genes, dtype=object)))


def _declare(base: type, size: int, number: int, card: Sequence[str], **declared: object) -> Any:
    """Return a declaration of its own for one network."""
    return declare(base, f"dream4-size{size}-{number}", card, module=__name__, number=number, **declared)


def _truth(genes: int, number: int) -> type[TruthSource]:
    edges = _EDGES[genes][number - 1]
    cells = f"`dream4-size100-{number}`" if genes == 100 else "not offered"
    declared: type[TruthSource] = _declare(
        Dream4Truth,
        genes,
        number,
        (
            f"Network {number} of DREAM4's five in silico networks of {genes} genes: {edges} edges.",
            "A part of the network of E. coli or yeast, simulated by GeneNetWeaver. Complete: all "
            f"{genes * (genes - 1):,} pairs of different genes are tested. Without signs, without "
            f"self-pairs. Expression: {cells}.",
        ),
        genes=genes,
        description=f"DREAM4, in silico network {number} of {genes} genes: {edges} edges; simulated",
        data=f"dream4-size100-{number}" if genes == 100 else "",
    )
    return declared


def _expression(number: int) -> type[Dataset]:
    declared: type[Dataset] = _declare(
        Dream4Expression,
        100,
        number,
        (
            f"Expression of 100 genes, simulated from DREAM4's in silico network {number}, with noise.",
            "The setting `experiment` is one of: multifactorial (100 samples; all genes perturbed a little), "
            "timeseries (10 series of 21 times; perturbed in the first half), knockouts, knockdowns (100 "
            "samples each, one for each gene), or all of these and the wild type. `obs` has `experiment`, "
            "`perturbed` (the gene knocked out or down), `series` and `time`.",
            "Values are between 0 and 1, scaled by the organisers. Genes of multifactorial samples are "
            "renamed to those of the other experiments and of the truth: upstream they are shuffled.",
        ),
        description=f"DREAM4, in silico network {number}: 100 to 511 samples x 100 genes; simulated",
    )
    return declared


_TRUTHS = tuple(_truth(genes, number) for genes in _EDGES for number in range(1, 6))
_CELLS = tuple(_expression(number) for number in range(1, 6))


@hookimpl
def bengrn_truths() -> "Sequence[type[TruthSource]]":
    """Offer the ten networks."""
    return _TRUTHS


@hookimpl
def bengrn_datasets() -> "Sequence[type[Dataset]]":
    """Offer the expression of the networks of 100 genes."""
    return _CELLS
