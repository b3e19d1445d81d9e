"""Which of the printed numbers can be compared with anything, and why not: codes per printed value.

The sentences behind the codes are `bengrn/data/published_reasons.tsv`.
"""

from collections.abc import Mapping

__all__ = ["codes", "shape"]

Row = Mapping[str, str]

_LATER = {
    "denoising": "DENOISE", "S10": "DENOISE", "notebook-denoising": "DENOISE",
    "notebook-embedding": "EMBED", "notebook-classification": "EMBED",
    "S2": "MODEL", "S13": "MODEL", "S3": "ABLATION", "ablation": "ABLATION", "S4": "SPEED",
    "S11": "PROSTATE", "S12": "PROSTATE",
}  # fmt: skip
# K and N where they are known: the matrices behind these rows were of this shape
_SHAPES = {
    ("scPRINT", "Han", "McCalla human full"): (6_037, 31 * 5_000 - 31),
    ("scPRINT", "Han", "McCalla human KO"): (50_452, 122 * 5_000 - 122),
    ("scPRINT", "Han", "McCalla human ChIP"): (66_048, 50 * 5_000 - 50),
    ("scPRINT", "K562 controls", "GWPS"): (287_578, 2_920 * 4_752 - 2_920),
    ("scPRINT", "SERGIO", "RegNetwork"): (3_440, 105_868),
    ("GENIE3", "SERGIO", "RegNetwork"): (3_440, 105_868),
    ("DeepSEM", "SERGIO", "RegNetwork"): (3_440, 105_868),
    ("McCalla human full", "Han", "OmniPath"): (45_141, 5_421 * 5_420),
}
_KO_NAMED_FULL = {("GENIE3", "Tran"), ("scPRINT (Han et. al.'s heads)", "Han")}


def shape(row: Row) -> tuple[int, int] | None:
    """Return the true cells K and the counted cells N behind a row, where they are known."""
    method = row["method"].split(" (")[0].removesuffix("-large")
    known = _SHAPES.get((method, row["data"], row["truth"]))
    if known is None or not row["random"]:
        return known
    # other rows of the same names have other candidates: factors alone, a stale truth, the whole genome
    half_unit = 0.5 * 10.0 ** -len(row["random"].partition(".")[2])
    return known if abs(known[0] / known[1] - float(row["random"])) <= half_unit else None


def is_stale(row: Row) -> bool:
    """Whether a row that says "full" holds the values of the perturbation truth."""
    if row["table"] == "notebook-networks":
        return "KO network" in row["source"]
    named = row["truth"].endswith("full") and row["table"] == "mccalla"
    return named and (row["method"], row["data"]) in _KO_NAMED_FULL


def codes(row: Row) -> list[str]:
    """Return the codes of one printed value, the weightiest kinds first."""
    if row["table"] in _LATER:
        return [_LATER[row["table"]], *_defects_of_other_tasks(row)]
    found = [*_of_method(row), *_of_metric(row), *_OF_TABLE[row["table"]](row)]
    if is_stale(row):
        found.insert(0, "D19")
    return list(dict.fromkeys(found))


def _of_method(row: Row) -> list[str]:
    """Return what holds for a method in every table."""
    method, variant = row["method"], row["variant"]
    found = []
    if method.startswith("scGPT"):
        found.append("SCGPT")
    if method.startswith("Geneformer"):
        found.append("GENEFORMER")
    if "heads" in method + variant and "mean heads" not in variant:
        found.append("HEADS")
    if "genome" in method + variant:
        found.append("GENOME")
    if method == "DeepSEM":
        found.append("D8")
    return found


def _of_metric(row: Row) -> list[str]:
    """Return what holds for a column in every table."""
    by_meaning = {"cell_type_enriched": ["D16"], "tf_enriched": ["D14"], "tf_target_percent": ["D15"]}
    return by_meaning.get(row["meaning"], [])


def _cell_types(row: Row) -> list[str]:
    found = ["D9", "D11", "DE"]
    if row["variant"] == "TF-only":
        found.append("TF")
    if row["method"] == "scPRINT (omnipath's heads)":
        found.append("D17")
    if row["data"] == "kidney or intestinal stroma":
        found.append("D20")
    if row["data"] == "intestinal stroma":
        found.append("UNNAMED")
    if row["cell_type"] == "mesangial cell":
        found.append("D21")
    if row["cell_type"] == "microglial cell" and row["method"] == "Geneformer v2":
        found.append("TWICE")
    if row["data"] == "retina" and row["method"].startswith("scPRINT"):
        found.append("STATE")
    return found


def _mccalla(row: Row) -> list[str]:
    found = ["D12", "D11"]
    if row["method"].startswith("scPRINT"):
        found.append("D10")
    if row["method"].startswith("scPRINT (Han") and row["data"] != "Zhao":
        found.append("D17")
    return found


def _overlap(row: Row) -> list[str]:
    return ["D13"] if row["method"] == "GWPS" else []


def _gwps_omnipath(row: Row) -> list[str]:
    return ["D9", "D11", *(["D17"] if "omnipath's heads" in row["method"] else [])]


def _mccalla_omnipath(row: Row) -> list[str]:
    return ["NORANDOM", "D11", *(["D17"] if "omnipath's heads" in row["method"] else [])]


def _notebook(row: Row) -> list[str]:
    """Return the codes of values that notebooks hold, of several benchmarks."""
    native = ("not transposed", "transposed twice")
    transposed = "transposed" in row["orientation"] and not any(one in row["orientation"] for one in native)
    if row["benchmark"] == "sergio":
        return ["SERGIO"]
    if row["benchmark"] == "gt_overlap":
        tied = row["meaning"] == "odds_ratio"
        return [*(["D7"] if tied else []), *(["D13"] if row["method"] == "GWPS" else [])]
    if row["benchmark"].startswith("mccalla"):
        # with Han's heads the fitted pairs are the scored ones
        return ["D12", "D10", "D11", *(["D17"] if "Han's heads" in row["variant"] else [])]
    found = ["TURNED"] if transposed or "GT orientation" in row["orientation"] else []
    found += ["D13", "D9", "D11"]
    if row["variant"].startswith("gwps' heads"):
        found.append("D17")
    if row["benchmark"] == "gwps_TF_only":
        found.append("TF")
    return found


def _defects_of_other_tasks(row: Row) -> list[str]:
    """Return defects that are known of numbers that no network is scored by."""
    magic = row["table"] in {"denoising", "S10"} and row["method"] == "magic"
    rare = "low cell" in row["metric"] or "rare" in row["metric"]
    if magic and not rare and ("R4ZHoQeg" in row["metric"] or row["metric"].endswith("correlation")):
        return ["MAGIC"]
    if row["table"] in {"S3", "ablation"} and row["method"] == "small" and "denoise" in row["metric"]:
        return ["NOISE"]
    odd = row["table"] == "S12" and (
        row["printed"].startswith("nan-") or (row["printed"] == "CD99" and "eigenvector" in row["metric"])
    )
    return ["HUBS"] if odd else []


_OF_TABLE = {
    "omnipath": _cell_types,
    "omnipath-means": lambda _: ["MEAN", "D9"],
    "mccalla": _mccalla,
    "S5": lambda _: ["SERGIO", "CUT"],
    "S7": _overlap,
    "S8": _gwps_omnipath,
    "S9": _mccalla_omnipath,
    "notebook-networks": _notebook,
    "early": lambda _: ["OLD"],
}
