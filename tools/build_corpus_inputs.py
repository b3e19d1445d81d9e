"""Bring real data sets that are not in h5ad, or lack labels, into a form that `scprint corpus build` reads.

Usage: python tools/build_corpus_inputs.py [--data FOLDER] --out FOLDER [--mouse]

FOLDER is laid out as `$BENGRN_DATA` (the default). Writes one h5ad file per data set and `sources.yaml`. Left
out: the embedded pancreas data and the embryo, on which networks are scored; panels of few genes (MERFISH,
perturbation panels); values that are no counts. Facts that the files do not tell:

* Kang et al. 2018 (doi:10.1038/nbt.4042): patients with lupus; their barcodes of 14 bases are of 10x 3' v1,
  as are those of PBMC3k, whose donor is healthy.
* sc_mixology: lung adenocarcinoma lines; H1975, H2228 and HCC827 come from women, A549 and H838 from men.
  Doublets by demuxlet are left out.
* Zeisel et al. 2018 (doi:10.1016/j.cell.2018.06.021): names of their clusters.
"""

import argparse
import gzip
import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anndata
import numpy as np
import pandas as pd
import yaml
from scipy import io as scipy_io
from scipy import sparse

HUMAN, MOUSE = "NCBITaxon:9606", "NCBITaxon:10090"
CELL_TYPE, DISEASE, ASSAY, SEX = (
    f"{name}_ontology_term_id" for name in ("cell_type", "disease", "assay", "sex")
)
NORMAL, LUPUS, ADENOCARCINOMA = "PATO:0000461", "MONDO:0007915", "MONDO:0005061"
FEMALE, MALE = "PATO:0000383", "PATO:0000384"
TENX_V1, CELSEQ2, DROPSEQ = "EFO:0009901", "EFO:0010010", "EFO:0008722"
MALIGNANT = "CL:0001064"
BLOOD = {
    "B cells": "CL:0000236",
    "CD14+ Monocytes": "CL:0002057",  # classical ones: the term for all CD14+ stands above those with CD16
    "CD4 T cells": "CL:0000624",
    "CD8 T cells": "CL:0000625",
    "Dendritic cells": "CL:0000451",
    "FCGR3A+ Monocytes": "CL:0002396",
    "Megakaryocytes": "CL:0000556",
    "NK cells": "CL:0000623",
}
BRAIN = {"ABC": "CL:4023097", "DEINH3": "CL:0000617", "PVM2": "CL:0000881"}
LINES = {"H1975": FEMALE, "H2228": FEMALE, "HCC827": FEMALE, "A549": MALE, "H838": MALE}


def read(folder: Path, name: str) -> bytes:
    """Return the plain bytes of a file that may lie there packed."""
    packed = folder / f"{name}.gz"
    return gzip.decompress(packed.read_bytes()) if packed.exists() else (folder / name).read_bytes()


def cells(counts: Any, obs: pd.DataFrame, genes: Any) -> anndata.AnnData:
    """Return cells x genes with whole counts."""
    x_CG = sparse.csr_array(counts).astype(np.float32)
    return anndata.AnnData(x_CG, obs=obs, var=pd.DataFrame(index=pd.Index(genes, dtype=object)))


def kang(folder: Path, condition: str) -> anndata.AnnData:
    """Blood of lupus patients, resting or stimulated by interferon; every cell is labelled."""
    stored = anndata.read_h5ad(io.BytesIO(read(folder, f"kang_pbmc/pbmc_{condition}.h5ad")))
    table = pd.read_csv(io.BytesIO(read(folder, "kang_pbmc/kang_celltypes_from_genevector.tsv")), sep="\t")
    sample = {"ctrl": "control", "stim": "stimulated"}[condition]
    table = (
        table[table["sample"] == sample]
        if sample in set(table["sample"])
        else table[table["sample"] != "control"]
    )
    type_of = dict(zip(table["cell"].str.split("-").str[0], table["celltype"], strict=True))
    names = stored.obs_names.astype(str).str.split(r"[-.]").str[0]
    return cells(
        stored.X, pd.DataFrame({CELL_TYPE: [BLOOD[type_of[name]] for name in names]}), stored.var_names
    )


def pbmc3k(folder: Path) -> anndata.AnnData:
    """Blood of a healthy donor; 2,638 of 2,700 cells are labelled."""
    place = "pbmc3k/filtered_gene_bc_matrices/hg19"
    counts = scipy_io.mmread(io.BytesIO(read(folder, f"{place}/matrix.mtx"))).T
    genes = [line.split("\t")[0] for line in read(folder, f"{place}/genes.tsv").decode().splitlines()]
    barcodes = read(folder, f"{place}/barcodes.tsv").decode().split()
    table = pd.read_csv(io.BytesIO(read(folder, "pbmc3k/pbmc3k_processed_louvain.tsv")), sep="\t")
    type_of = dict(zip(table["barcode"], table["louvain"].map(BLOOD), strict=True))
    return cells(counts, pd.DataFrame({CELL_TYPE: [type_of.get(one, "unknown") for one in barcodes]}), genes)


def mixology(folder: Path, name: str) -> anndata.AnnData:
    """Lung cancer lines, singlets; the line tells the donor's sex."""
    counts = pd.read_csv(io.BytesIO(read(folder, f"sc_mixology/{name}.count.csv")), index_col=0)
    about = pd.read_csv(io.BytesIO(read(folder, f"sc_mixology/{name}.metadata.csv")), index_col=0)
    about = about.loc[counts.columns]
    single = (about["demuxlet_cls"] == "SNG").to_numpy()
    obs = pd.DataFrame({SEX: [LINES[line] for line in about["cell_line_demuxlet"][single]]})
    return cells(counts.to_numpy().T[single], obs, counts.index)


def zeisel(folder: Path) -> anndata.AnnData:
    """Three types of the mouse's nervous system."""
    place = "mouse_brain_zeisel2018/zeisel2018_mousebrain_subset"
    counts = pd.read_csv(io.BytesIO(read(folder, f"{place}_data.csv")), index_col=0)
    about = pd.read_csv(io.BytesIO(read(folder, f"{place}_metadata.csv")), index_col=0)
    obs = pd.DataFrame({CELL_TYPE: about.loc[counts.columns, "cell_type"].map(BRAIN).to_numpy()})
    return cells(counts.to_numpy().T, obs, counts.index)


def h5ad(folder: Path, name: str) -> anndata.AnnData:
    """Read a set that has all of its labels."""
    return anndata.read_h5ad(io.BytesIO(read(folder, name)))


def sets(folder: Path, *, mouse: bool) -> dict[str, tuple[Callable[[], anndata.AnnData], dict[str, Any]]]:
    """Return how each data set is read, and what the list of sources says of it."""
    mixed = {CELL_TYPE: MALIGNANT, DISEASE: ADENOCARCINOMA}
    blood = {ASSAY: TENX_V1}
    made: dict[str, tuple[Callable[[], anndata.AnnData], dict[str, Any]]] = {
        "heart": (lambda: h5ad(folder, "heart_cellxgene/human_val.h5ad"), {}),
        "kang_control": (lambda: kang(folder, "ctrl"), {**blood, DISEASE: LUPUS}),
        "kang_stimulated": (lambda: kang(folder, "stim"), {**blood, DISEASE: LUPUS}),
        "pbmc3k": (lambda: pbmc3k(folder), {**blood, DISEASE: NORMAL}),
        "retina": (lambda: h5ad(folder, "retina_test/test.h5ad"), {}),
        "mixology_dropseq": (lambda: mixology(folder, "sc_dropseq"), {**mixed, ASSAY: DROPSEQ}),
    }
    for name in ("sc_celseq2", "sc_celseq2_5cl_p1", "sc_celseq2_5cl_p2", "sc_celseq2_5cl_p3"):
        label = name.replace("sc_", "mixology_")
        made[label] = (lambda name=name: mixology(folder, name), {**mixed, ASSAY: CELSEQ2})  # type: ignore[misc]
    if mouse:
        made["zeisel"] = (lambda: zeisel(folder), {DISEASE: NORMAL})
    return made


def main() -> None:
    """Write the files and their list."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", type=Path, default=os.environ.get("BENGRN_DATA"))
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--mouse", action="store_true", help="also the mouse's brain")
    given = parser.parse_args()
    if given.data is None:
        raise SystemExit("Name the folder of data: --data, or BENGRN_DATA.")
    given.out.mkdir(parents=True, exist_ok=True)
    listed = []
    for name, (load, labels) in sets(Path(given.data), mouse=given.mouse).items():
        adata = load()
        adata.write_h5ad(given.out / f"{name}.h5ad", compression="gzip")
        entry = {"path": f"{name}.h5ad", "name": name, "labels": labels}
        if "organism_ontology_term_id" not in adata.obs:
            entry["organism"] = MOUSE if name == "zeisel" else HUMAN
        listed.append(entry)
        print(f"{name}: {adata.n_obs} cells x {adata.n_vars} genes")
    (given.out / "sources.yaml").write_text(yaml.safe_dump(listed, sort_keys=False))


if __name__ == "__main__":
    main()
