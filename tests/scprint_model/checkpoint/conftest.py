"""Files with the key names, shapes and settings of the authors' checkpoints, filled with noise."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

HUMAN, MOUSE = 23_149, 21_607
LEAVES = {
    "cell_type_ontology_term_id": 424,
    "disease_ontology_term_id": 62,
    "assay_ontology_term_id": 26,
    "self_reported_ethnicity_ontology_term_id": 21,
    "sex_ontology_term_id": 2,
    "organism_ontology_term_id": 2,
}


def _linear(made: dict[str, Tensor], name: str, outputs: int, inputs: int, *, bias: bool = True) -> None:
    made[f"{name}.weight"] = torch.randn(outputs, inputs) / inputs**0.5
    if bias:
        made[f"{name}.bias"] = torch.randn(outputs) / 10


def _norm(made: dict[str, Tensor], name: str, width: int) -> None:
    made[f"{name}.weight"], made[f"{name}.bias"] = 1 + torch.randn(width) / 10, torch.randn(width) / 10


def state_of(
    *,
    genes: int,
    width: int,
    layers: int,
    classes: Mapping[str, int],
    datasets: int,
    table: str = "embedding",
) -> dict[str, Tensor]:
    """Return the tensors of a V1 file, in the order of the model's parts."""
    made: dict[str, Tensor] = {f"gene_encoder.{table}.weight": torch.randn(genes, width)}
    for part in ("expr_encoder", "depth_encoder"):
        _linear(made, f"{part}.encoder.0", width, 1)
        _norm(made, f"{part}.encoder.1", width)
        _linear(made, f"{part}.encoder.4", width, width)
    made["pos_encoder.pe"] = torch.randn(genes, 1, width)
    made["class_encoder.embedding.weight"] = torch.randn(len(classes) + 1, width)
    for layer in range(layers):
        block = f"transformer.blocks.{layer}"
        _linear(made, f"{block}.mixer.Wqkv", 3 * width, width)
        _linear(made, f"{block}.mixer.out_proj", width, width)
        _norm(made, f"{block}.norm1", width)
        _linear(made, f"{block}.mlp.fc1", 4 * width, width)
        _linear(made, f"{block}.mlp.fc2", width, 4 * width)
        _norm(made, f"{block}.norm2", width)
    _norm(made, "transformer.norm", width)
    for linear, norm in (("0", "1"), ("4", "5")):
        _linear(made, f"expr_decoder.fc.{linear}", width, width)
        _norm(made, f"expr_decoder.fc.{norm}", width)
    _linear(made, "expr_decoder.pred_var_zero", 3, width)
    for name, leaves in classes.items():
        _linear(made, f"cls_decoders.{name}.decoder.0", width, width)
        _norm(made, f"cls_decoders.{name}.decoder.1", width)
        _linear(made, f"cls_decoders.{name}.out_layer", leaves, width)
    if datasets:
        for linear, norm in (("0", "1"), ("3", "4")):
            _linear(made, f"grad_reverse_discriminator_loss.decoder.{linear}", width, width)
            _norm(made, f"grad_reverse_discriminator_loss.decoder.{norm}", width)
        _linear(made, "grad_reverse_discriminator_loss.out_layer", datasets, width)
    _linear(made, "mvc_decoder.gene2query", width, width)
    _norm(made, "mvc_decoder.norm", width)
    _linear(made, "mvc_decoder.pred_var_zero", 3 * width, width, bias=False)
    return made


def settings_of(
    *, human: int, mouse: int, width: int, layers: int, heads: int, classes: Mapping[str, int]
) -> dict[str, Any]:
    """Return the settings of a V1 file; the path of the embeddings leads nowhere."""
    genes = [f"ENSG{number:011d}" for number in range(human)]
    genes += [f"ENSMUSG{number:011d}" for number in range(mouse)]
    decoders = {
        name: {-1: "unknown", **{code: f"{name[:4]}:{code:04d}" for code in range(leaves + 1)}}
        for name, leaves in classes.items()
    }
    return {
        "genes": genes,
        "organisms": ["NCBITaxon:9606", "NCBITaxon:10090"],
        "precpt_gene_emb": "/nowhere/gene_embeddings.parquet",
        "gene_pos_enc": [1 + number // 3 for number in range(human + mouse)],
        "normalization": "sum",
        "d_model": width,
        "nhead": heads,
        "attn_bias": "none",
        "d_hid": 512,
        "edge_dim": 12,
        "nlayers": layers,
        "expr_encoder_layers": 2,
        "layers_cls": [width],
        "classes": dict(classes),
        "labels_hierarchy": {name: {leaves: [0, 1]} for name, leaves in classes.items() if leaves > 2},
        "label_decoders": decoders,
        "dropout": 0.1,
        "transformer": "flash",
        "expr_emb_style": "continuous",
        "domain_spec_batchnorm": "None",
        "n_input_bins": 0,
        "num_batch_labels": 650,
        "mvc_decoder": "inner product",
        "pred_embedding": ["cell_type_ontology_term_id"],
        "cell_emb_style": "cls",
        "freeze_embeddings": True,
        "zinb": True,
        "lr": 1e-4,
        "optim": "adamW",
        "weight_decay": 0.01,
        "residual_in_fp32": True,
        "num_heads_kv": None,
        "fused_dropout_add_ln": True,
        "prenorm": True,
        "fused_mlp": True,
        "fused_bias_fc": True,
        "drop_path_rate": 0.0,
        "checkpointing": False,
        "strict_loading": True,
        "_instantiator": "lightning.pytorch.cli.instantiate_module",
    }


@pytest.fixture
def official(tmp_path: Path) -> Callable[..., Path]:
    """Write a V1 file; `change` may change the whole before it is written."""

    def write(
        *,
        human: int = 12,
        mouse: int = 6,
        width: int = 16,
        layers: int = 2,
        heads: int = 2,
        classes: Mapping[str, int] | None = None,
        datasets: int = 7,
        change: Callable[[dict[str, Any]], None] = lambda _whole: None,
    ) -> Path:
        torch.manual_seed(1)
        classes = dict(classes or {"cell_type_ontology_term_id": 5, "sex_ontology_term_id": 2})
        shape = {"width": width, "layers": layers, "classes": classes}
        whole = {
            "state_dict": state_of(genes=human + mouse, datasets=datasets, **shape),
            "hyper_parameters": settings_of(human=human, mouse=mouse, heads=heads, **shape),
            "optimizer_states": [{"state": {0: {"exp_avg": torch.zeros(3)}}}],
            "lr_schedulers": [],
            "callbacks": {},
            "epoch": 19,
            "global_step": 133_000,
        }
        change(whole)
        path = tmp_path / "official.ckpt"
        torch.save(whole, path)
        return path

    return write
