"""DREAM5: the gold standards of three networks: in silico, E. coli and S. cerevisiae.

The expression of the challenge lies behind a login (https://www.synapse.org/Synapse:syn2787209) and is not
offered; with `names=anonymous` the truths have the names (G1, G2, ...) of those files.
"""

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

from bengrn.plugin import Remote, Truth, TruthSource, hookimpl, pair_truth
from bengrn_datasets.dream.files import dream_file, split_rows

__all__ = ["Dream5Truth"]

_FOLDER = "old_code/dream5Encoder/DREAM5/DREAM5_network_inference_challenge"
_EDGES = "Evaluation scripts/INPUT/gold_standard_edges_only/DREAM5_NetworkInference_Edges"
# network -> file -> sha256, bytes
_FILES = {
    1: {
        "edges": ("5c6867c91e3b2584e0f9ae82aa9b1f67ca5cc52b122e0707917e52027e09ad82", 48_307),
        "genes": ("f41956bef3bcf8a4c633eb59d6d7265bae0e6f9eae5f6bc645cf31870a9cc832", 17_121),
        "factors": ("ce9ab43c396fbdb0a02091127b895b71689295bff8bc167f25a1b55d92b77478", 867),
    },
    3: {
        "edges": ("f6947dab958acb40858479bef3b0535fbeebdd5bca26edc1433cdcf4b72a2f59", 25_650),
        "genes": ("a3fa4f3690c26774492591a3fcd303b21678df333e908c10e27cd6a53a73dcd9", 49_028),
        "factors": ("69dff62d76c1cf5cb45ecfa4301734b8c4885bd8cdbc0d1d1a824fab7ab8cd5b", 1_562),
    },
    4: {
        "edges": ("a8e1eec57707d129cf5354f732d92ce90540b954b0fb82c3d809a9151f786295", 48_810),
        "genes": ("d1dc1164385c1d5c23d0292dd87348a4b820fe460304bcc6fe620daf586236b1", 82_929),
        "factors": ("5f5f488db34dee0e895b3eba31ee73d8aa7c0c37c297bcd2331270407196523d", 1_557),
    },
}


@dataclass(frozen=True, kw_only=True)
class Dream5Truth:
    """What the three gold standards have in common.

    Parameters
    ----------
    names
        "real", or "anonymous": G1, G2, ... as in the expression of the challenge.
    """

    name: ClassVar[str]
    description: ClassVar[str]
    files: ClassVar[Mapping[str, Remote]]
    organism: ClassVar[str]
    data: ClassVar[str] = ""
    licence: ClassVar[str] = "data of the DREAM challenge, open for research (terms of Synapse, syn2787209)"
    citation: ClassVar[str] = "Marbach et al. 2012, Nat Methods 9:796 (doi:10.1038/nmeth.2016)"

    names: Literal["real", "anonymous"] = "real"

    def load(self, paths: Mapping[str, Path]) -> Truth:
        """Read the gold standard.

        Raises
        ------
        ValueError
            If a file is cut short, a label is not 1, an edge has an unknown gene or begins at a gene that
            the challenge does not list as a transcription factor, or two genes have one name.
        """
        real = _read_names(paths["genes"])
        factors = {row[0] for row in split_rows(_lines(paths["factors"]), 1, paths["factors"].name)}
        edges = _read_edges(paths["edges"], real, factors)
        shown = real if self.names == "real" else {name: name for name in real}
        return pair_truth(
            [shown[source] for source, _ in edges],
            [shown[target] for _, target in edges],
            organism=self.organism,
            version="DREAM5, gold standard of 2012",
            licence=self.licence,
            citation=self.citation,
        )


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


def _read_names(path: Path) -> dict[str, str]:
    """Return the anonymous name of each gene -> its real one."""
    header, *rows = split_rows(_lines(path), 2, path.name) or [[]]
    if header != ["#ID", "Name"]:
        raise ValueError(f"{path.name} has the columns {', '.join(header)}; expected #ID, Name")
    real = dict(rows)
    if not len(real) == len(set(real.values())) == len(rows):
        raise ValueError(f"{path.name} names a gene twice; expected one real name for each gene")
    return real


def _read_edges(path: Path, known: Mapping[str, str], factors: set[str]) -> list[tuple[str, str]]:
    """Return the edges, which must be of known genes and begin at transcription factors."""
    rows = split_rows(_lines(path), 3, path.name)
    for number, (source, target, label) in enumerate(rows, start=1):
        if label != "1":
            raise ValueError(
                f"{path.name}, row {number}: label {label!r}; expected 1, as it lists edges only"
            )
        lost = next((gene for gene in (source, target) if gene not in known), None)
        if lost:
            raise ValueError(f"{path.name}, row {number}: the gene {lost!r} is not in the list of gene names")
        if source not in factors:
            raise ValueError(
                f"{path.name}, row {number}: {source!r} is no listed factor. Are columns swapped?"
            )
    return [(source, target) for source, target, _ in rows]


def _truth(number: int, what: str, organism: str, size: str, origin: str) -> type[TruthSource]:
    upstream = {
        "edges": f"{_EDGES}_Network{number}.tsv",
        "genes": f"Network{number}/anonymization/net{number}_gene_ids.tsv",
        "factors": f"Network{number}/input data/net{number}_transcription_factors.tsv",
    }
    card = (
        f"DREAM5's gold standard of network {number}, {what}: {size}.",
        f"{origin} As in the challenge, a pair counts if its factor has an edge in the gold standard and its "
        "target is any gene of it; other factors and genes are unknown, not false.",
        "The challenge's expression lies behind a login and is not offered: name data with --data. With "
        "`names=anonymous` genes are called G1, G2, ... as in those files.",
    )
    own = {
        "name": f"dream5-net{number}",
        "description": f"DREAM5, {what}: {size}",
        "organism": organism,
        "files": {
            key: dream_file(f"{_FOLDER}/{path}", *_FILES[number][key], folder="dream5")
            for key, path in upstream.items()
        },
        "__doc__": "\n\n".join(textwrap.fill(part, 96) for part in card),
        "__module__": __name__,
    }
    declared: Any = type(f"Dream5Network{number}", (Dream5Truth,), own)  # frozen, as its base is
    found: type[TruthSource] = declared
    return found


_TRUTHS = (
    _truth(
        1,
        "in silico",
        "simulated",
        "4,012 edges of 178 factors",
        "The simulated network is a part of E. coli's, so that genes have names of E. coli.",
    ),
    _truth(
        3,
        "E. coli",
        "ecoli",
        "2,066 edges of 141 factors",
        "Edges with strong evidence in RegulonDB.",
    ),
    _truth(
        4,
        "S. cerevisiae",
        "yeast",
        "3,940 edges of 114 factors",
        "Edges from ChIP and conserved motifs (MacIsaac et al. 2006); genes have systematic names (YHR084W).",
    ),
)


@hookimpl
def bengrn_truths() -> "Sequence[type[TruthSource]]":
    """Offer the three gold standards."""
    return _TRUTHS
