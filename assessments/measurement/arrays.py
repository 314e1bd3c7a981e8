"""Reading what callers give: arrays of float with NaN for “no score”."""

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Codes: TypeAlias = NDArray[np.intp]
Given: TypeAlias = NDArray[Any] | Sequence[Any]


def vector(values: Given) -> Floats:
    """Raises ValueError for anything but one dimension, or an infinite value."""
    return _read(values, 1)


def matrix(values: Given) -> Floats:
    """Rows × columns. Raises ValueError for anything but two dimensions, or an infinite value."""
    return _read(values, 2)


def pairs(first: Given, second: Given) -> tuple[Floats, Floats]:
    """Those places of two vectors of one length at which both have a value. Raises ValueError for different lengths."""
    one, other = vector(first), vector(second)
    if one.shape != other.shape:
        raise ValueError(f"Two vectors of one length are needed, not {one.size} and {other.size}.")
    there = ~(np.isnan(one) | np.isnan(other))
    return one[there], other[there]


def complete_rows(scores: Floats) -> Floats:
    """The rows without a gap."""
    kept: Floats = scores[~np.isnan(scores).any(axis=1)]
    return kept


def is_flat(values: Floats) -> bool:
    """Whether all values are the same, but for what floating point makes of sums."""
    if values.size == 0:
        return True
    spread = float(values.max() - values.min())
    return spread <= 1e-12 * max(1.0, float(np.abs(values).max()))


def numbered(names: NDArray[Any]) -> tuple[NDArray[Any], Codes]:
    """The different names, sorted, and of each place the number of its name: np.unique, without sorting where names are close."""
    if names.size and np.issubdtype(names.dtype, np.integer) and np.can_cast(names.dtype, np.intp):
        lowest = int(names.min())
        width = int(names.max()) - lowest + 1
        if width <= 16 * names.size:
            places = names.astype(np.intp) - lowest
            levels = np.flatnonzero(np.bincount(places, minlength=width))
            number = np.zeros(width, dtype=np.intp)
            number[levels] = np.arange(levels.size)
            return (levels + lowest).astype(names.dtype), number[places]
    return np.unique(names, return_inverse=True)


def _read(values: Given, dimensions: int) -> Floats:
    array: Floats = np.asarray(values, dtype=np.float64)
    if array.ndim != dimensions:
        raise ValueError(f"An array of {dimensions} dimension(s) is needed, not {array.ndim}.")
    if np.isinf(array).any():
        raise ValueError("Scores are finite numbers, or NaN where there is none.")
    return array
