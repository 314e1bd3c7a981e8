"""Texts that anything reading comments must survive: of any script, hostile, long."""

import time

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

always = settings(
    max_examples=60,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
any_text = st.text(alphabet=st.characters(), max_size=300) | st.text(
    alphabet="aA1 .-/@'\"“”‘’+()\u202e\u200f\u0000\u200d😀é\u0301א中\n", max_size=300
)

LONG = 20_000
_PARTS = (
    "a", "A", "1", " ", "\n", ".", "!", '"', "“", "‘", "+", "@", "'", "’", "😀", "\u0000",
    "you are ", "Mr ", "patient ", "born ", "MRN ", "a@", "1-", "1 ", "0", "+44 ",
    "SW1A ", "12345-", "O'", "‘a ", "could ", "try to ", "א", "中", "123-45-", "01 Jan ",
)  # fmt: skip
HOSTILE = [(part * LONG)[: LONG - 2] + "xy" for part in _PARTS]  # the end spoils what nearly matched


VERY_LONG = ("You asked her 😀 שלום‮\x00 3 times. " * 4000)[:100_000]


def slowest(call) -> float:
    """Seconds of the slowest hostile text. Linear takes a tenth of what tests allow, its square several times that."""
    return max(_seconds(call, text) for text in HOSTILE)


def seconds_for_very_long(call) -> float:
    return _seconds(call, VERY_LONG)


def _seconds(call, text: str) -> float:
    begun = time.process_time()
    call(text)
    return time.process_time() - begun
