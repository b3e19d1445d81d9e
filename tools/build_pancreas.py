"""Build the embedded pancreas data: a cut of 1,335 cells x 5,931 genes.

Usage: python tools/build_pancreas.py [--data FOLDER] [--out FILE]

FOLDER is laid out as `$BENGRN_DATA` (the default). The rule, in this order:

1. Cells: the 3,274 cells of the source are put into the order of
   `numpy.random.default_rng(0).permutation`; the first 60 of each cell type x study are taken, and brought
   back into the order of the source.
2. Values: raw counts (`.raw.X`). `total_counts` is the sum over all 33,053 genes of the source.
3. Genes: the 5,000 with the largest variance of log(1 + 10,000 count / total_counts) over the chosen cells,
   and every transcription factor of Lambert et al. 2018 ("Is TF?" is Yes; by Ensembl id) with a count in
   at least 5 of the chosen cells; in the order of the source.
"""

import argparse
import csv
import gzip
import hashlib
import io
import lzma
import os
import warnings
from pathlib import Path

import anndata
import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

SOURCE = (
    "pancreas_cellxgene/pancreas_downsample200CT.h5ad",
    "95ae813b87d95757c1e1f1806016e52663eccfadaed22c7b58b6a306bd3f7312",
)
FACTORS = (
    "tf_lists/DatabaseExtract_v_1.01.csv.gz",
    "7a6c05df7acc7569f21c5003859562c733f73096a8833ae7f9015df2e885245e",
)
SEED = 0
CELLS_PER_TYPE_AND_STUDY = 60
VARIABLE_GENES = 5_000
MIN_CELLS_OF_A_FACTOR = 5
COLUMNS = {
    "cell_type": "cell_type",
    "cell_type_ontology_term_id": "cell_type_ontology_term_id",
    "Dataset": "dataset",
    "assay": "assay",
    "donor_id": "donor_id",
}


def read(folder: Path, declared: tuple[str, str]) -> bytes:
    """Return the bytes of a file, its sha256 checked."""
    content = (folder / declared[0]).read_bytes()
    if hashlib.sha256(content).hexdigest() != declared[1]:
        raise SystemExit(f"{folder / declared[0]} does not have the sha256 {declared[1][:12]}…")
    return content


def choose_cells(obs: pd.DataFrame) -> npt.NDArray[np.intp]:
    """Return the positions of the chosen cells, ascending."""
    shuffled = np.random.default_rng(SEED).permutation(len(obs))
    groups = obs.iloc[shuffled].groupby(["cell_type", "Dataset"], observed=True)
    return np.sort(shuffled[groups.cumcount().to_numpy() < CELLS_PER_TYPE_AND_STUDY])


def choose_genes(
    x_CG: sparse.csr_array, depth_C: npt.NDArray[np.float64], is_factor_G: npt.NDArray[np.bool_]
) -> npt.NDArray[np.intp]:
    """Return the positions of the chosen genes, ascending."""
    log_CG = x_CG.astype(np.float64)
    log_CG.data = np.log1p(log_CG.data * np.repeat(1e4 / depth_C, np.diff(log_CG.indptr)))
    mean_G = log_CG.mean(axis=0)
    variance_G = log_CG.multiply(log_CG).mean(axis=0) - mean_G**2
    chosen_G = is_factor_G & ((x_CG > 0).sum(axis=0) >= MIN_CELLS_OF_A_FACTOR)
    chosen_G[np.argsort(-variance_G, kind="stable")[:VARIABLE_GENES]] = True
    return np.flatnonzero(chosen_G)


def factors(folder: Path) -> set[str]:
    """Return the Ensembl ids of the human transcription factors."""
    text = gzip.decompress(read(folder, FACTORS)).decode()
    return {row["Ensembl ID"] for row in csv.DictReader(io.StringIO(text)) if row["Is TF?"] == "Yes"}


def cut(source: anndata.AnnData, factor_ids: set[str]) -> anndata.AnnData:
    """Return the cut."""
    cells = choose_cells(source.obs)
    x_CG = sparse.csr_array(source.raw.X)[cells]
    depth_C = x_CG.sum(axis=1)
    genes = choose_genes(x_CG, depth_C, source.raw.var_names.isin(factor_ids))
    kept_CG = x_CG[:, genes].astype(np.int32)
    kept_CG.sort_indices()
    obs = source.obs.iloc[cells][list(COLUMNS)].rename(columns=COLUMNS)
    obs = obs.apply(lambda column: column.cat.remove_unused_categories())
    obs["total_counts"] = depth_C.astype(np.int32)
    obs.index.name = None
    symbols = source.raw.var["feature_name"].astype(str).to_numpy()[genes]
    var = pd.DataFrame({"symbol": symbols}, index=list(source.raw.var_names[genes]))
    return anndata.AnnData(X=kept_CG, obs=obs, var=var)


def main() -> None:
    """Build the file and say what is in it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", type=Path, default=os.environ.get("BENGRN_DATA"))
    parser.add_argument("--out", type=Path, default=Path("datasets/bengrn_datasets/data/pancreas.h5ad.xz"))
    asked = parser.parse_args()
    if asked.data is None:
        parser.error("give --data, or set BENGRN_DATA")
    folder = Path(asked.data)
    read(folder, SOURCE)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the source is of an older format
        source = anndata.read_h5ad(folder / SOURCE[0])
    made = cut(source, factors(folder))
    plain = asked.out.with_suffix(".building")
    made.write_h5ad(plain)
    asked.out.write_bytes(lzma.compress(plain.read_bytes(), preset=9 | lzma.PRESET_EXTREME))
    plain.unlink()
    print(f"{asked.out}: {made.n_obs} cells x {made.n_vars} genes, {asked.out.stat().st_size:,} bytes")
    print(made.obs["cell_type"].value_counts().to_string())


if __name__ == "__main__":
    main()
