"""RegNetwork: signed directed regulations of human genes, the part that its pathways give a direction."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from bengrn.plugin import Remote, Truth, TruthSource, hookimpl, pair_truth

__all__ = ["FILE", "RegNetwork", "SignedRow", "read_regnetwork"]

# up, down, and two that say only that there is a regulation
_SIGNS = {"-->": 1, "--|": -1, "-/-": 0, "-p": 0}
_ROW = re.compile(r"(\S+) \d+ (\S+) \d+ (\S+)")

# (regulator, target, sign): +1 activates, -1 represses, 0 unknown
SignedRow = tuple[str, str, int]

FILE = Remote(
    url="https://raw.githubusercontent.com/aBeatriz/bioinfproj1819/"
    "79232aa526775b4bb7e51fd5b76d6913745cae5f/new_kegg.human.reg.direction.txt",
    sha256="d9a5e22c58906d24612196d95b0759c3e557175bd97ed49a1fae6e410b30f04a",
    bytes=102_815,
    path="regnetwork/new_kegg.human.reg.direction.txt",
)


def read_regnetwork(path: Path) -> list[SignedRow]:
    """Read rows of regulator, its Entrez id, target, its Entrez id, sign; as listed, in their order.

    Raises
    ------
    ValueError
        If a line is malformed (it is named), or there is none.
    """
    rows = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        found = _ROW.fullmatch(line.strip())
        if found is None or found.group(3) not in _SIGNS:
            raise ValueError(
                f"{path.name}, line {number} is {line.strip()[:60]!r}; expected regulator, Entrez id, "
                f"target, Entrez id and one of {', '.join(_SIGNS)}, separated by spaces"
            )
        rows.append((found.group(1), found.group(2), _SIGNS[found.group(3)]))
    if not rows:
        raise ValueError(f"{path.name} lists no regulation")
    return rows


@dataclass(frozen=True, kw_only=True)
class RegNetwork:
    """Regulations of human genes that RegNetwork gives a direction to, most of them out of KEGG pathways.

    3,950 edges of 294 regulators over 983 genes; the other rows of RegNetwork, about 369,000, have no
    direction and are not here. Regulators are whatever a pathway calls so, kinases and ligands among them,
    not transcription factors only. Signs are nearly all activation (3,858 of 3,950 edges; 76 repress, 4 are
    listed as both, 12 have no sign), so that they tell little. Pathways list gene families whole: many genes
    share the very same regulators. Four genes appear under two names (VEGFD and FIGF, CXCL8 and IL8, ADGRB1
    and BAI1, COP1 and RFWD2); they are left as listed.
    """

    name: ClassVar[str] = "regnetwork"
    description: ClassVar[str] = "signed directed regulations of human genes, from pathways"
    files: ClassVar[Mapping[str, Remote]] = {"edges": FILE}
    data: ClassVar[str] = "pancreas"
    organism: ClassVar[str] = "human"
    licence: ClassVar[str] = "free for academic use (RegNetwork); no explicit licence"
    citation: ClassVar[str] = "Liu et al. 2015, Database bav095 (doi:10.1093/database/bav095)"

    def load(self, paths: Mapping[str, Path]) -> Truth:
        """Read the truth; every name of the file counts as a tested target.

        Raises
        ------
        ValueError
            If the file is malformed.
        """
        rows = read_regnetwork(paths["edges"])
        return pair_truth(
            [source for source, _, _ in rows],
            [target for _, target, _ in rows],
            sign=[sign for _, _, sign in rows],
            organism=self.organism,
            version="RegNetwork 2015, RegulatoryDirections, human",
            licence=self.licence,
            citation=self.citation,
        )


@hookimpl
def bengrn_truths() -> "Sequence[type[TruthSource]]":
    """Offer RegNetwork."""
    return [RegNetwork]
