"""Attention over all tokens, by one of three back ends that give the same numbers.

``sdpa`` is torch's own fused attention (on CUDA it picks a flash, memory-efficient or cuDNN kernel),
``flash`` the flash-attn package (version 3 before 2), ``math`` the formula itself, in float32.
"""

from collections.abc import Callable
from importlib import import_module
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from scprint_model.errors import ConfigError

BACKENDS = ("sdpa", "flash", "math")
_HALF = (torch.float16, torch.bfloat16)


def resolve(backend: str, device: torch.device, dtype: torch.dtype) -> str:
    """Say which back end will run; never another one than what was asked for.

    Parameters
    ----------
    backend
        ``auto`` (which is ``sdpa`` everywhere) or the name of a back end.
    device, dtype
        Where and in which type queries and keys will be.

    Raises
    ------
    ConfigError
        If the back end was asked for by name and cannot be used here, with the reason.
    """
    if backend == "auto":
        return "sdpa"
    if backend not in BACKENDS:
        raise ConfigError(f"There is no attention {backend!r}; there are auto, {', '.join(BACKENDS)}.")
    if backend == "flash":
        if device.type != "cuda":
            raise ConfigError(f"attention=flash needs a CUDA device, not {device.type}; use auto.")
        if dtype not in _HALF:
            raise ConfigError(
                f"attention=flash needs float16 or bfloat16, not {dtype}; use auto or autocast."
            )
        _flash_kernels()
    return backend


def attend(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    *,
    mask: Tensor | None = None,
    bias: Tensor | None = None,
    backend: str = "sdpa",
) -> Tensor:
    """Average values by the softmax of scaled products of queries and keys.

    Parameters
    ----------
    q
        (B, H, L, e).
    k, v
        (B, Hkv, M, e), Hkv a divisor of H: neighbouring query heads share one key head.
    mask
        (B, M) bool, true for keys that count. None: all do.
    bias
        Added to the scaled products; broadcasts to (B, H, L, M). Not with ``flash``.
    backend
        As :func:`resolve` returned it.

    Returns
    -------
    Tensor
        (B, H, L, e). A cell none of whose keys count gets undefined values.
    """
    if backend == "flash":
        if bias is not None:
            raise ConfigError("attention=flash takes no bias on gene pairs; use sdpa.")
        return _flash(q, k, v, mask)
    groups = q.shape[1] // k.shape[1]
    added = _added(mask, bias, q.dtype)
    if backend == "sdpa":
        # torch's flash kernel shares keys among heads by itself; its other kernels would fall back to math
        shares = groups > 1 and q.is_cuda and q.dtype in _HALF and added is None
        if groups > 1 and not shares:
            k, v = k.repeat_interleave(groups, dim=1), v.repeat_interleave(groups, dim=1)
        return functional.scaled_dot_product_attention(q, k, v, attn_mask=added, enable_gqa=shares)
    if groups > 1:
        k, v = k.repeat_interleave(groups, dim=1), v.repeat_interleave(groups, dim=1)
    return _math(q, k, v, added)


def sdpa_kernel(
    *,
    device: torch.device,
    dtype: torch.dtype,
    heads: int,
    head_dim: int,
    tokens: int = 64,
    masked: bool = False,
) -> str:
    """Name the kernel that torch's ``sdpa`` chooses for such inputs: flash, efficient, cudnn or math."""
    choose: Callable[..., int] | None = getattr(torch, "_fused_sdp_choice", None)
    if choose is None:
        return "unknown"
    q = torch.empty(1, heads, tokens, head_dim, device=device, dtype=dtype)
    mask = torch.ones(1, 1, 1, tokens, device=device, dtype=torch.bool) if masked else None
    names = {0: "math", 1: "flash", 2: "efficient", 3: "cudnn", 4: "overrideable"}
    return names.get(int(choose(q, q, q, attn_mask=mask)), "unknown")


def _added(mask: Tensor | None, bias: Tensor | None, dtype: torch.dtype) -> Tensor | None:
    if mask is None:
        return None if bias is None else bias.to(dtype)
    keep = mask[:, None, None, :]
    return keep if bias is None else bias.to(dtype).masked_fill(~keep, float("-inf"))


def _math(q: Tensor, k: Tensor, v: Tensor, added: Tensor | None) -> Tensor:
    with torch.autocast(q.device.type, enabled=False):
        scores = (q.float() * q.shape[-1] ** -0.5) @ k.float().transpose(-1, -2)
        if added is not None:
            boolean = added.dtype == torch.bool
            scores = scores.masked_fill(~added, float("-inf")) if boolean else scores + added.float()
        out: Tensor = scores.softmax(dim=-1) @ v.float()
    return out.to(v.dtype)


def _flash(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None) -> Tensor:
    plain, packed = _flash_kernels()
    q, k, v = (x.transpose(1, 2) for x in (q, k, v))
    if mask is None:
        return _first(plain(q, k, v)).transpose(1, 2)
    cells, tokens = q.shape[:2]
    lengths = mask.sum(dim=1)
    ends = functional.pad(lengths.cumsum(0), (1, 0)).to(torch.int32)
    starts = torch.arange(cells + 1, device=q.device, dtype=torch.int32) * tokens
    most = int(lengths.max())
    out = _first(packed(q.flatten(0, 1), k[mask], v[mask], starts, ends, tokens, most))
    return out.view(cells, tokens, *out.shape[1:]).transpose(1, 2)


def _first(result: Any) -> Tensor:
    """Leave out the normalisers that some versions of flash-attn 3 give too."""
    tensor: Tensor = result[0] if isinstance(result, tuple) else result
    return tensor


def _flash_kernels() -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Return the fixed-length and the packed kernel of flash-attn 3, else 2."""
    reasons = []
    for package in ("flash_attn_interface", "flash_attn"):
        try:
            module = import_module(package)
            # by attribute: with only other flash packages installed, `flash_attn` is an empty namespace
            kernels = module.flash_attn_func, module.flash_attn_varlen_func
        except (ImportError, AttributeError) as error:
            reasons.append(str(error))
        else:
            return kernels
    raise ConfigError(f"attention=flash needs the package flash-attn ({reasons[-1]}); use auto.")
