"""How many reviews to ask for, when not everybody gives them. Reviews arrive independently of each other (binomial)."""

from itertools import count

from scipy import stats


def chance_of(at_least: int, asked: int, completion_rate: float) -> float:
    """Probability (0 to 1) that so many of those asked for arrive; `completion_rate` is the share given, 0 to 1."""
    if not 0 <= completion_rate <= 1:
        raise ValueError("a completion rate is between 0 and 1")
    return float(stats.binom.sf(at_least - 1, asked, completion_rate))


def suggest_reviews(completion_rate: float, at_least: int, certainty: float = 0.95) -> int:
    """The fewest to ask for so that `at_least` arrive with this certainty (below 1). ValueError where nobody completes any."""
    if completion_rate <= 0 or not 0 <= certainty < 1:
        raise ValueError("some reviews must be completed, and nothing is wholly certain")
    return next(
        asked for asked in count(at_least) if chance_of(at_least, asked, completion_rate) >= certainty
    )
