"""DoRothEA: regulation with a level of confidence, human and mouse."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from bengrn.plugin import Remote, Truth, TruthSource, hookimpl, pair_truth
from bengrn_datasets.priors.rda_columns import Coded, read_rda_columns

__all__ = ["DorotheaHuman", "DorotheaMouse"]

_COMMIT = "1461fb75e23e110c2281860526d4333920925282"
_LEVELS = "ABCDE"


def _remote(name: str, sha256: str, size: int) -> Mapping[str, Remote]:
    url = f"https://raw.githubusercontent.com/saezlab/dorothea/{_COMMIT}/data/{name}"
    return {"pairs": Remote(url, sha256, size, f"dorothea/{name}")}


@dataclass(frozen=True, kw_only=True)
class _Dorothea:
    """What the human and the mouse table share; see their classes."""

    data: ClassVar[str]
    organism: ClassVar[str]
    licence: ClassVar[str] = "GPL-3 (of the R package that holds it); some evidence is for academic use only"
    citation: ClassVar[str] = "Garcia-Alonso et al. 2019, Genome Res 29:1363"
    version: ClassVar[str] = f"dorothea's repository, commit {_COMMIT[:8]}"
    presets: ClassVar[Mapping[str, Mapping[str, object]]] = {
        "A": {"levels": "A"},
        "AB": {"levels": "AB"},
        "ABC": {"levels": "ABC"},
        "all": {"levels": "ABCDE"},
    }

    levels: str = "ABC"

    def __post_init__(self) -> None:
        """Refuse anything but different letters from A to E."""
        if not self.levels or len(set(self.levels)) < len(self.levels) or set(self.levels) - set(_LEVELS):
            raise ValueError(
                f"levels is {self.levels!r}; expected one or more of the letters {_LEVELS}, as 'ABC'"
            )

    def load(self, paths: Mapping[str, Path]) -> Truth:
        """Read the pairs of the chosen levels.

        Raises
        ------
        ValueError
            If the file is broken or not DoRothEA's table, or if no pair is of these levels.
        """
        factor, level, target, sign_N = _columns(paths["pairs"])
        kept_N = np.isin(level.codes, [level.values.index(one) for one in level.values if one in self.levels])
        if not kept_N.any():
            raise ValueError(f"no pair has a confidence of {self.levels}; ask for other levels")
        return pair_truth(
            Coded(factor.codes[kept_N], factor.values).text(),
            Coded(target.codes[kept_N], target.values).text(),
            sign=np.sign(sign_N[kept_N]).astype(int).tolist(),
            organism=self.organism,
            version=self.version,
            licence=self.licence,
            citation=self.citation,
            losses={"pairs of other levels": int((~kept_N).sum())},
        )


@dataclass(frozen=True, kw_only=True)
class DorotheaHuman(_Dorothea):
    """454,504 signed pairs of 1,333 human transcription factors; 13,223 of them at the levels A to C.

    Each factor has a level, which all its pairs share: A, the best supported (96 factors, 5,434 pairs), B
    (22, 974), C (153, 6,815), D (90, 15,863), and E, mostly predictions (972, 425,418).

    * Direction: the transcription factor regulates the target.
    * Sign: every pair has one, +1 for 410,583, and unknown does not occur: trust -1 more than +1.
    * Names: HGNC symbols, 732 of 20,295 no longer current.
    * Tested are the factors of the chosen levels, against all genes that these levels name.

    Parameters
    ----------
    levels
        Which levels count, as letters: "ABC", "A", "ABCDE".
    """

    name: ClassVar[str] = "dorothea-human"
    description: ClassVar[str] = "signed regulation of human genes, with levels of confidence (DoRothEA)"
    files: ClassVar[Mapping[str, Remote]] = _remote(
        "dorothea_hs.rda", "fd7512dd18f0efcf01be210b652472bf750d70da5c91af12dab455919033f9b0", 894_668
    )
    data: ClassVar[str] = "pancreas"
    organism: ClassVar[str] = "human"


@dataclass(frozen=True, kw_only=True)
class DorotheaMouse(_Dorothea):
    """386,758 signed pairs of 1,113 mouse transcription factors; 12,895 of them at the levels A to C.

    The pairs of `dorothea-human` (see its card) carried over to mouse genes by orthology: what is tested is
    what is known of man. A has 5,569 pairs, B 750, C 6,576, D 11,643, E 362,220.

    Parameters
    ----------
    levels
        Which levels count, as letters: "ABC", "A", "ABCDE".
    """

    name: ClassVar[str] = "dorothea-mouse"
    description: ClassVar[str] = "DoRothEA's human pairs on mouse genes, with levels of confidence"
    files: ClassVar[Mapping[str, Remote]] = _remote(
        "dorothea_mm.rda", "1b6ba7e8c887b794ebd7432c12f8eeff783582a3f7460d11c3a440de8f2f60a5", 714_056
    )
    data: ClassVar[str] = "mccalla-semrau"
    organism: ClassVar[str] = "mouse"
    citation: ClassVar[str] = (
        "Garcia-Alonso et al. 2019, Genome Res 29:1363; Holland et al. 2020, Biochim Biophys Acta Gene Regul "
        "Mech 1863:194431"
    )


def _columns(path: Path) -> tuple[Coded, Coded, Coded, npt.NDArray[np.float64]]:
    """Return factor, level, target and sign of N pairs."""
    columns = read_rda_columns(path)
    texts = [columns.get(name) for name in ("tf", "confidence", "target")]
    coded = [one for one in texts if isinstance(one, Coded)]
    sign_N = columns.get("mor")
    if len(coded) < len(texts) or not isinstance(sign_N, np.ndarray):
        raise ValueError(
            f"{path.name} has the columns {', '.join(columns)}; expected DoRothEA's table: tf, confidence "
            "and target as text, mor as numbers"
        )
    if any(one.codes.size == 0 or one.codes.min() < 0 for one in coded) or not np.isfinite(sign_N).all():
        raise ValueError(f"{path.name} is empty or has missing values; expected DoRothEA's table")
    strange = set(coded[1].values) - set(_LEVELS)
    if strange:
        raise ValueError(f"{path.name} has the confidence {min(strange)!r}; expected one of {_LEVELS}")
    return coded[0], coded[1], coded[2], sign_N


@hookimpl
def bengrn_truths() -> "Sequence[type[TruthSource]]":
    """Offer both tables."""
    return [DorotheaHuman, DorotheaMouse]
