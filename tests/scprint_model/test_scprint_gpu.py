"""What only a GPU can show: the flash and fused kernels agree with the formula, and are the ones that run."""

import pytest
import torch

from scprint_model.attention import attend, resolve, sdpa_kernel
from scprint_model.model import ScPrint
from scprint_model.objective import Objective, compute_losses

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs CUDA"),
]


def _draw(dtype, *, heads=4, key_heads=4, tokens=300):
    q = torch.randn(2, heads, tokens, 64, device="cuda", dtype=dtype)
    k, v = torch.randn(2, 2, key_heads, tokens, 64, device="cuda", dtype=dtype)
    return q, k, v


@pytest.mark.parametrize("key_heads", [4, 2])
def test_fused_attention_equals_the_formula_in_bf16(key_heads):
    q, k, v = _draw(torch.bfloat16, key_heads=key_heads)
    fused, formula = (attend(q, k, v, backend=name) for name in ("sdpa", "math"))
    torch.testing.assert_close(fused, formula, atol=1e-2, rtol=1e-2)


def test_fused_attention_equals_the_formula_in_fp32():
    q, k, v = _draw(torch.float32)
    fused, formula = (attend(q, k, v, backend=name) for name in ("sdpa", "math"))
    torch.testing.assert_close(fused, formula, atol=1e-5, rtol=0)


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("key_heads", [4, 2])
def test_flash_attention_equals_the_formula_in_bf16(key_heads, masked):
    pytest.importorskip("flash_attn")
    assert resolve("flash", torch.device("cuda"), torch.bfloat16) == "flash"
    q, k, v = _draw(torch.bfloat16, key_heads=key_heads)
    mask = torch.rand(2, 300, device="cuda") > 0.3 if masked else None
    flash, formula = (attend(q, k, v, mask=mask, backend=name) for name in ("flash", "math"))
    torch.testing.assert_close(flash, formula, atol=1e-2, rtol=1e-2)


def test_torch_takes_a_fused_kernel_in_half_precision():
    told = sdpa_kernel(device=torch.device("cuda"), dtype=torch.bfloat16, heads=4, head_dim=64)
    assert told in {"flash", "cudnn", "efficient"}


def test_a_step_on_the_gpu_equals_one_on_the_cpu(tiny_config, tiny_batch):
    model, batch = ScPrint(tiny_config()).eval(), tiny_batch()
    objective = Objective(denoise=(), full=True)
    hierarchies = {
        "cell_type": torch.ones(1, 4, dtype=torch.bool),
        "sex": torch.zeros(0, 2, dtype=torch.bool),
    }
    cpu = compute_losses(model, batch, objective, hierarchies=hierarchies)
    gpu = compute_losses(model.cuda(), batch.to("cuda"), objective, hierarchies=hierarchies)
    for name, value in cpu.items():
        torch.testing.assert_close(gpu[name].cpu(), value, atol=1e-4, rtol=1e-4)


def test_a_padded_pass_equals_one_without_padding_in_bf16(tiny_config, tiny_batch):
    model, batch = ScPrint(tiny_config()).eval().cuda(), tiny_batch().to("cuda")
    with torch.autocast("cuda", dtype=torch.bfloat16):
        plain = model(batch).cell_tokens
        empty = type(batch)(
            batch.genes, batch.counts, batch.depth, batch.classes, batch.dataset, batch.cells,
            mask=torch.zeros_like(batch.genes, dtype=torch.bool),
        )  # fmt: skip
        masked = model(empty).cell_tokens
    torch.testing.assert_close(plain, masked, atol=3e-2, rtol=3e-2)
