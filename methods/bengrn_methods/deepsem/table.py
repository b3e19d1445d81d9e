"""Small networks of one number, evaluated on a table instead of on every number.

Encoder and decoder of DeepSEM map one number to one or two, the same way for every cell and gene:
64 cells x 1,000 genes are 64,000 evaluations of one smooth curve. 1,024 knots at most and a cubic
through the four nearest give the same to about a millionth, gradients to about a hundred-thousandth.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

__all__ = ["KNOTS", "evaluate"]

KNOTS = 1024
_BEND = 4.0
"""Where even spacing of the knots turns geometric: tanh units bend near 0, and are flat far out."""
_LEAST_STEP = 0.01
"""Closer knots would gain nothing, and lose slopes to the rounding of values that differ by little."""


def evaluate(network: Callable[[Tensor], Tensor], x_N: Tensor, knots: int = KNOTS) -> Tensor:
    """Return network(x), shape (N, K), from its values at `knots` places.

    Parameters
    ----------
    network
        From numbers (M,) to values (M, K): smooth, and the same for each number.
    x_N
        Shape (N,), any range. Where it needs a gradient, so does the result.
    knots
        At most so many places; as many numbers or fewer are evaluated one by one.
    """
    if x_N.numel() <= knots:
        return network(x_N)
    bent_N = torch.asinh(x_N / _BEND)
    low, high = torch.aminmax(bent_N.detach())
    knots = min(knots, int((high - low) / _LEAST_STEP) + 4)
    step = torch.clamp((high - low) / (knots - 3), min=_LEAST_STEP)
    # one knot more on either side, so that every number has two on its left and two on its right
    place_M = torch.arange(-1, knots - 1, device=x_N.device, dtype=x_N.dtype)
    value_MK = network(_BEND * torch.sinh(low + step * place_M))
    place_N = (bent_N - low) / step + 1.0
    result: Tensor = _Cubic.apply(value_MK, place_N)  # type: ignore[no-untyped-call]
    return result


class _Cubic(torch.autograd.Function):
    """Interpolate values (M, K) at places (N,) in [1, M - 2] by the cubic through the four nearest."""

    @staticmethod
    def forward(ctx: Any, value_MK: Tensor, place_N: Tensor) -> Tensor:
        """Return the values (N, K)."""
        left_N = torch.clamp(place_N.detach().long(), 1, len(value_MK) - 3)
        weight_4N, slope_4N = _weights(place_N.detach() - left_N, slopes=ctx.needs_input_grad[1])
        total_NK = torch.zeros(len(place_N), value_MK.shape[1], dtype=value_MK.dtype, device=value_MK.device)
        slope_NK = torch.zeros_like(total_NK) if ctx.needs_input_grad[1] else None
        for tap in range(4):
            near_NK = value_MK[left_N + (tap - 1)]
            total_NK.addcmul_(near_NK, weight_4N[tap][:, None])
            if slope_NK is not None:
                slope_NK.addcmul_(near_NK, slope_4N[tap][:, None])
        ctx.save_for_backward(left_N, weight_4N, slope_NK)
        ctx.knots = len(value_MK)
        return total_NK

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, Tensor | None]:
        """Return the gradients of the values and of the places."""
        (grad_NK,) = grads
        left_N, weight_4N, slope_NK = ctx.saved_tensors
        grad_MK = None
        if ctx.needs_input_grad[0]:
            grad_MK = torch.zeros(ctx.knots, grad_NK.shape[1], dtype=grad_NK.dtype, device=grad_NK.device)
            for tap in range(4):
                grad_MK.index_add_(0, left_N + (tap - 1), grad_NK * weight_4N[tap][:, None])
        grad_N = (grad_NK * slope_NK).sum(dim=1) if slope_NK is not None else None
        return grad_MK, grad_N


def _weights(u_N: Tensor, *, slopes: bool) -> tuple[Tensor, Tensor]:
    """Return Lagrange's weights of the knots -1, 0, 1, 2 at u in [0, 1], shape (4, N), and their slopes."""
    less_N, more_N, two_N = u_N - 1.0, u_N + 1.0, u_N - 2.0
    weight_4N = torch.stack(
        (
            -u_N * less_N * two_N / 6.0,
            more_N * less_N * two_N / 2.0,
            -more_N * u_N * two_N / 2.0,
            more_N * u_N * less_N / 6.0,
        )
    )
    if not slopes:
        return weight_4N, weight_4N
    square_N = u_N * u_N
    slope_4N = torch.stack(
        (
            -(3.0 * square_N - 6.0 * u_N + 2.0) / 6.0,
            (3.0 * square_N - 4.0 * u_N - 1.0) / 2.0,
            -(3.0 * square_N - 2.0 * u_N - 2.0) / 2.0,
            (3.0 * square_N - 1.0) / 6.0,
        )
    )
    return weight_4N, slope_4N
