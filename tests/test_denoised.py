"""Denoised expression: what it refuses, one footing for all scales, and what a denoiser may be asked for."""

import numpy as np
import pytest
from scipy import sparse

from bengrn.errors import DenoisedError
from bengrn.plugin import Denoised, Denoises

CELLS, GENES = ("a", "b"), ("x", "y", "z")
COUNTS = np.array([[1.0, 3.0, 0.0], [20.0, 0.0, 20.0]])
SHARES = [[0.25, 0.75, 0.0], [0.5, 0.0, 0.5]]


def denoised(values, **options):
    return Denoised(values, CELLS, GENES, **options)


@pytest.mark.parametrize(
    ("values", "scale"),
    [
        (COUNTS, "counts"),
        (COUNTS * [[7.0], [0.01]], "counts"),  # the depth is free
        (np.sqrt(COUNTS), "sqrt"),
        (np.sqrt(COUNTS) * 1e30, "sqrt"),  # squares that float32 cannot hold
        (np.log1p(1e4 * np.array(SHARES)), "log"),
        (sparse.csr_matrix(COUNTS), "counts"),
        (sparse.csr_array(COUNTS), "counts"),
        (np.asfortranarray(COUNTS), "counts"),
    ],
)
def test_every_scale_comes_to_the_same_shares(values, scale):
    np.testing.assert_allclose(denoised(values, scale=scale).shares(), SHARES, rtol=1e-5)


@pytest.mark.parametrize("scale", ["counts", "sqrt", "log"])
def test_a_cell_without_expression_has_shares_of_zero(scale):
    assert not denoised(np.zeros((2, 3)), scale=scale).shares().any()


def test_shares_take_negative_values_for_none_and_leave_the_values():
    given = denoised([[-1.0, 1.0, 3.0], [0.0, 2.0, 2.0]], signed=True)
    np.testing.assert_allclose(given.shares(), [[0, 0.25, 0.75], [0, 0.5, 0.5]])
    assert given.values[0, 0] == -1


def test_values_are_float32_and_read_only():
    values = denoised(COUNTS.astype(np.int64)).values
    assert values.dtype == np.float32
    assert not values.flags.writeable


@pytest.mark.parametrize(
    ("values", "options", "said"),
    [
        (COUNTS.T, {}, r"\(3, 2\).*\(2, 3\).*Transposed\? Rows must be cells"),
        (COUNTS[:1], {}, r"\(1, 3\), but the names say \(2, 3\)"),
        (COUNTS - 1, {}, "down to -1; expected at least 0.*signed=True"),
        (np.full((2, 3), np.inf), {}, "6 values that are NaN or infinite"),
        (COUNTS * 1e38, {}, "2 values that are NaN or infinite"),
        (COUNTS * [[np.nan], [1]], {}, "3 values that are NaN or infinite"),
        (COUNTS * 100, {"scale": "log"}, "up to 2000 on the scale 'log'.*at most 9.2. Are these counts"),
        (COUNTS, {"scale": "cpm"}, "scale is 'cpm'; expected one of counts, log, sqrt"),
    ],
)
def test_what_cannot_be_expression_is_refused(values, options, said):
    with pytest.raises(DenoisedError, match=said):
        denoised(values, **options)


def test_names_that_repeat_are_refused():
    with pytest.raises(DenoisedError, match="1 genes of the denoised expression repeat a name"):
        Denoised(COUNTS, CELLS, ("x", "y", "x"))


@pytest.mark.parametrize("name", ["knnsmoothing2", "magic", "identity", "gene-mean"])
def test_installed_denoisers_follow_the_protocol(name):
    from bengrn.testing import find_method

    assert isinstance(find_method(name).instance, Denoises)


def test_a_run_refuses_a_denoiser_and_says_what_can_be_done_with_it(bengrn):
    ran = bengrn("run", "--method", "identity", "--truth", "omnipath")
    assert ran.code == 2
    assert ran.message.startswith("bengrn: The method 'identity' denoises and infers no network")
    assert "`bengrn validate identity`" in ran.message
