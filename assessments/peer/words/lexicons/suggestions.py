"""Words that offer a next step, and the same words where they do not."""

from assessments.peer.words.lexicons import lines

SUGGESTIONS = lines(
    """
    advise
    aim for
    aim to
    ask yourself
    avoid
    be careful to
    can be improved
    consider
    could
    do not forget
    don't forget
    focus on
    for next time
    for the future
    how about
    i'd recommend
    i'd suggest
    i'd try
    in future
    in the future
    instead
    it may help
    it might help
    it would help
    keep doing
    keep going with
    make sure
    might
    must
    need to
    needs to
    next step
    next time
    ought to
    perhaps
    please
    practice
    practise
    recommend
    remember to
    should
    start by
    suggest
    suggestion
    take care to
    to improve
    try
    try to
    what if
    why not
    work on
    would be better
    would be good
    would be useful
    would benefit
    would have been better
    would help
    would recommend
    would suggest
    """
)

# "I could hear you" tells what was heard.
NOT_SUGGESTING = lines(
    """
    as best you could
    could follow
    could hear
    could not follow
    could not hear
    could not see
    could not tell
    could see
    could tell
    couldn't follow
    couldn't hear
    couldn't see
    couldn't tell
    could understand
    i could
    i couldn't
    might have been nervous
    patient could
    patient might
    the patient should
    we could
    """
)

# They tie a suggestion to what it is drawn from.
LINKS = lines(
    """
    as a result
    because
    given that
    in order to
    instead
    instead of
    rather than
    since
    so
    so that
    then
    therefore
    this way
    this would
    that way
    when
    when you
    which would
    """
)
