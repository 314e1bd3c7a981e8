"""Numbering of names, which is numpy's own."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from assessments.measurement.arrays import numbered

kinds = st.sampled_from([np.int8, np.uint8, np.int32, np.int64, np.uint64, np.float64])


@given(
    kinds.flatmap(
        lambda kind: arrays(
            kind, st.integers(0, 30), elements={"allow_nan": False} if kind == np.float64 else None
        )
    )
)
def test_names_are_numbered_as_numpy_does(names):
    found, expected = numbered(names), np.unique(names, return_inverse=True)

    assert [part.tolist() for part in found] == [part.tolist() for part in expected]
    assert found[0].dtype == names.dtype


@pytest.mark.parametrize("names", [["b", "a", "b"], [7, 5, 7], [-3, 10**12, -3], [-100, 100, 3]])
def test_names_near_and_far(names):
    levels, codes = numbered(np.array(names))

    assert levels[codes].tolist() == names
    assert levels.tolist() == sorted(set(names))
