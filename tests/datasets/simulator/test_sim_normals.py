import numpy as np
import pytest
from scipy import stats

from bengrn_datasets.simulator.normals import normals, random_words


def draw(n, c0=1, c1=2, c2=3, first=0, key=(4, 5)):
    out, words = np.empty((4, n), np.float32), np.empty((4, n), np.uint32)
    normals(out, words, c0, c1, c2, first, (np.uint32(key[0]), np.uint32(key[1])))
    return out


@pytest.mark.parametrize(
    ("counter", "key", "expected"),
    [  # the known answers that the authors of Philox publish with their code
        ("00000000 00000000 00000000 00000000", "00000000 00000000", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
        ("ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd"),
        ("243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1"),
    ],
)
def test_random_words_are_those_of_philox(counter, key, expected):
    words = np.empty((4, 1), np.uint32)
    c0, c1, c2, first = (int(word, 16) for word in counter.split())
    k0, k1 = (np.uint32(int(word, 16)) for word in key.split())
    random_words(words, c0, c1, c2, first, (k0, k1))
    assert [f"{word:08x}" for word in words[:, 0]] == expected.split()


def test_normals_are_normal():
    z = draw(250_000).ravel()
    assert stats.kstest(z, "norm").pvalue > 0.01
    assert stats.kurtosis(z) == pytest.approx(0, abs=5 * np.sqrt(24 / z.size))
    assert 4.3 < np.abs(z).max() < 6.8


def test_normals_are_those_of_box_and_muller_in_double_precision():
    words = np.empty((4, 5_000), np.uint32)
    random_words(words, 1, 2, 3, 0, (np.uint32(4), np.uint32(5)))
    size, angle = words[0] * 2.0**-32 + 2.0**-33, words[1].view(np.int32) * np.pi * 2.0**-31
    radius = np.sqrt(-2 * np.log(size))
    expected = np.stack([radius * np.sin(angle), radius * np.cos(angle)])
    assert np.allclose(draw(5_000)[:2], expected, atol=5e-6)


def test_a_normal_depends_on_its_place_alone():
    assert np.array_equal(draw(100)[:, 40:50], draw(10, first=40))


@pytest.mark.parametrize("place", [{"c0": 9}, {"c1": 9}, {"c2": 9}, {"first": 5_000}, {"key": (4, 9)}])
def test_other_places_have_independent_normals(place):
    r = np.corrcoef(draw(5_000).ravel(), draw(5_000, **place).ravel())[0, 1]
    assert abs(r) < 5 / np.sqrt(20_000)
