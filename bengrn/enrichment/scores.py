"""The three enrichment scores of a network."""

from bengrn.enrichment.factors import TF_VERSION, TFEnrichment, tf_enrichment
from bengrn.enrichment.identity import CELL_TYPE_VERSION, CellTypeEnrichment, cell_type_enrichment
from bengrn.enrichment.sets_in_views import SetRow
from bengrn.enrichment.target_rows import TargetRow, TFTargetEnrichment
from bengrn.enrichment.targets import TARGET_VERSION, tf_target_enrichment

__all__ = [
    "CELL_TYPE_VERSION",
    "TARGET_VERSION",
    "TF_VERSION",
    "CellTypeEnrichment",
    "SetRow",
    "TFEnrichment",
    "TFTargetEnrichment",
    "TargetRow",
    "cell_type_enrichment",
    "tf_enrichment",
    "tf_target_enrichment",
]
