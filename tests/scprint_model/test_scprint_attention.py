"""Attention: every back end computes the formula, and an unusable one is refused by name."""

import pytest
import torch
from scipy.special import softmax

from scprint_model.attention import attend, resolve, sdpa_kernel
from scprint_model.errors import ConfigError
from scprint_model.model import ScPrint


def _draw(heads=4, key_heads=4, *, tokens=13, keys=11, cells=2, width=8):
    q = torch.randn(cells, heads, tokens, width)
    k, v = torch.randn(2, cells, key_heads, keys, width)
    return q, k, v


def _formula(q, k, v, keep=None, bias=0.0):
    """Each head by itself, in float64, with the softmax of SciPy."""
    groups = q.shape[1] // k.shape[1]
    k, v = (x.double().numpy().repeat(groups, axis=1) for x in (k, v))
    scores = q.double().numpy() @ k.swapaxes(-1, -2) / q.shape[-1] ** 0.5 + bias
    if keep is not None:
        scores[~keep.numpy()[:, None, None, :].repeat(scores.shape[1], 1).repeat(scores.shape[2], 2)] = -1e300
    return torch.from_numpy(softmax(scores, axis=-1) @ v)


@pytest.mark.parametrize("backend", ["sdpa", "math"])
@pytest.mark.parametrize("key_heads", [4, 2, 1])
@pytest.mark.parametrize("masked", [False, True])
def test_a_back_end_equals_the_formula(backend, key_heads, masked):
    q, k, v = _draw(key_heads=key_heads)
    keep = torch.rand(2, 11) > 0.3 if masked else None
    out = attend(q, k, v, mask=keep, backend=backend)
    torch.testing.assert_close(out.double(), _formula(q, k, v, keep), atol=1e-5, rtol=0)


@pytest.mark.parametrize("backend", ["sdpa", "math"])
def test_a_bias_is_added_before_the_softmax(backend):
    q, k, v = _draw()
    bias = torch.randn(13, 11)
    out = attend(q, k, v, bias=bias, backend=backend)
    torch.testing.assert_close(out.double(), _formula(q, k, v, bias=bias.double().numpy()), atol=1e-5, rtol=0)


def test_a_bias_and_a_mask_work_together():
    q, k, v = _draw()
    keep, bias = torch.rand(2, 11) > 0.3, torch.randn(13, 11)
    sdpa, math = (attend(q, k, v, mask=keep, bias=bias, backend=name) for name in ("sdpa", "math"))
    torch.testing.assert_close(sdpa, math, atol=1e-5, rtol=0)
    torch.testing.assert_close(
        sdpa.double(), _formula(q, k, v, keep, bias.double().numpy()), atol=1e-5, rtol=0
    )


def test_gradients_of_the_back_ends_agree_to_1e_5():
    q, k, v = (x.requires_grad_() for x in _draw(key_heads=2))
    weight = torch.randn(2, 4, 13, 8)
    losses = [(attend(q, k, v, backend=name) * weight).sum() for name in ("sdpa", "math")]
    found = [torch.autograd.grad(loss, (q, k, v)) for loss in losses]
    for sdpa, math in zip(*found, strict=True):
        torch.testing.assert_close(sdpa, math, atol=1e-5, rtol=0)


def test_bf16_differs_from_the_formula_by_less_than_a_hundredth():
    q, k, v = (x.bfloat16() for x in _draw(tokens=40, keys=40, width=16))
    for backend in ("sdpa", "math"):
        out = attend(q, k, v, backend=backend)
        torch.testing.assert_close(out.double(), _formula(q, k, v), atol=1e-2, rtol=1e-2)


@pytest.mark.parametrize("attention", ["sdpa", "math", "auto"])
def test_a_model_says_which_back_end_ran(tiny_config, tiny_batch, attention):
    out = ScPrint(tiny_config(attention=attention))(tiny_batch())
    assert out.attention == {"auto": "sdpa"}.get(attention, attention)


def test_models_that_differ_in_the_back_end_agree(lively_model, tiny_batch):
    model, other = lively_model(attention="sdpa"), lively_model(attention="math")
    other.load_state_dict(model.state_dict())
    batch = tiny_batch()
    torch.testing.assert_close(model(batch).cell_tokens, other(batch).cell_tokens, atol=1e-5, rtol=0)


@pytest.mark.parametrize(
    ("device", "dtype", "message"),
    [
        ("cpu", torch.bfloat16, "needs a CUDA device, not cpu"),
        ("cuda", torch.float32, "needs float16 or bfloat16"),
    ],
)
def test_flash_is_refused_where_it_cannot_run(device, dtype, message):
    with pytest.raises(ConfigError, match=message):
        resolve("flash", torch.device(device), dtype)


def test_flash_without_its_package_is_refused(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "flash_attn", None)
    monkeypatch.setitem(__import__("sys").modules, "flash_attn_interface", None)
    with pytest.raises(ConfigError, match="needs the package flash-attn"):
        resolve("flash", torch.device("cuda"), torch.bfloat16)


def test_a_model_that_asks_for_flash_does_not_run_with_another_back_end(tiny_config, tiny_batch):
    with pytest.raises(ConfigError, match="attention=flash"):
        ScPrint(tiny_config(attention="flash"))(tiny_batch())


def test_an_unknown_back_end_is_refused():
    with pytest.raises(ConfigError, match="there are auto, sdpa, flash, math"):
        resolve("fast", torch.device("cpu"), torch.float32)


def test_the_kernel_that_torch_takes_can_be_told():
    told = sdpa_kernel(device=torch.device("cpu"), dtype=torch.float32, heads=2, head_dim=64)
    assert told in {"flash", "math", "unknown"}


def test_flash_kernels_get_what_they_expect(monkeypatch):
    """The packed call is checked against the formula with a stand-in that follows flash-attn's signature."""

    def packed(q, k, v, starts_q, starts_k, most_q, most_k):
        assert most_k == int((starts_k[1:] - starts_k[:-1]).max())
        out = torch.empty_like(q)
        for a, b, c, d in zip(starts_q, starts_q[1:], starts_k, starts_k[1:], strict=False):
            assert b - a <= most_q
            one = attend(*(x[None].transpose(1, 2) for x in (q[a:b], k[c:d], v[c:d])), backend="math")
            out[a:b] = one[0].transpose(0, 1)
        return out

    def plain(q, k, v):
        return attend(*(x.transpose(1, 2) for x in (q, k, v)), backend="math").transpose(1, 2), None

    monkeypatch.setattr("scprint_model.attention._flash_kernels", lambda: (plain, packed))
    q, k, v = _draw(key_heads=2)
    keep = torch.rand(2, 11) > 0.3
    for mask in (None, keep):
        out = attend(q, k, v, mask=mask, backend="flash")
        torch.testing.assert_close(out.double(), _formula(q, k, v, mask), atol=1e-5, rtol=0)
    with pytest.raises(ConfigError, match="no bias"):
        attend(q, k, v, bias=torch.zeros(13, 11), backend="flash")
