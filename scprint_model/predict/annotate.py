"""Predictions into an AnnData, under the names that the field uses."""

from typing import TYPE_CHECKING, Any

from scprint_model.checkpoint.pretrained import Pretrained
from scprint_model.predict.embed import Embedded
from scprint_model.predict.expression import Predicted
from scprint_model.predict.impute import Imputed

if TYPE_CHECKING:
    from anndata import AnnData

__all__ = ["annotate"]


def annotate(
    adata: "AnnData",
    found: Embedded | Predicted | Imputed,
    pretrained: Pretrained,
    *,
    inplace: bool = False,
    prefix: str = "scprint",
) -> "AnnData":
    """Return the data with what was predicted of them.

    ``obsm["scprint_emb"]``; ``obs["pred_CLASS"]`` (terms), ``obs["conv_pred_CLASS"]`` (names for people) and
    ``obs["pred_CLASS_certainty"]``; ``layers["scprint_mu"]``, ``"scprint_theta"``, ``"scprint_pi"`` (sparse:
    a gene that was not shown has no entry); ``obsm["scprint_imputed"]``, a table with a column per gene;
    ``uns["scprint"]`` says which model it was.

    Parameters
    ----------
    adata
        What was predicted from.
    found
        What :func:`embed`, :func:`denoise`, :func:`generate` or :func:`impute` returned.
    pretrained
        The model.
    inplace
        Write into `adata` itself; else into a copy.
    prefix
        Instead of "scprint".
    """
    result = adata if inplace else (adata.to_memory() if adata.isbacked else adata.copy())
    said: dict[str, Any] = {
        "model": pretrained.report.source,
        "genes": len(pretrained.vocabulary),
        "vocabulary": pretrained.vocabulary.digest,
    }
    match found:
        case Embedded():
            _embedding(result, found, prefix)
            said |= {"tokens": list(found.tokens), "attention": found.attention, "notes": list(found.notes)}
        case Predicted():
            for name in found.values:
                result.layers[f"{prefix}_{name}"] = found.layer(name)
        case Imputed():
            import pandas as pd

            table = pd.DataFrame(found.values, index=result.obs_names, columns=list(found.genes))
            result.obsm[f"{prefix}_imputed"] = table
    result.uns[prefix] = {**result.uns.get(prefix, {}), **said}
    return result


def _embedding(adata: "AnnData", found: Embedded, prefix: str) -> None:
    import pandas as pd

    adata.obsm[f"{prefix}_emb"] = found.embedding
    for prediction in found.labels:
        name = prediction.space.name
        adata.obs[f"pred_{name}"] = pd.Categorical(prediction.terms)
        adata.obs[f"conv_pred_{name}"] = pd.Categorical(prediction.titles)
        adata.obs[f"pred_{name}_certainty"] = prediction.certainty
