"""Words about a person where a comment should be about the work (Hattie & Timperley 2007: feedback about the self)."""

from assessments.peer.words.lexicons import lines, words

SUBJECTS = lines(
    """
    he is
    he seems
    he was
    he's
    she is
    she seems
    she was
    she's
    they are
    they seem
    they were
    they're
    this person is
    this student is
    you are
    you are being
    you come across as
    you look
    you seem
    you sound
    you were
    you're
    you've always been
    """
)

# May stand between subject and trait: "you are really a bit lazy".
BETWEEN = frozenset(
    words("""a always an and bit being clearly complete completely definitely extremely honestly incredibly just kind little 
natural naturally not obviously of one quite rather real really simply so sort such the too totally truly very""")
)

TRAITS = words(
    """
    aggressive amazing annoying arrogant awful awkward bad bossy boring brilliant careless cheat clever clown clueless
    clumsy coward cold confused dangerous dense disgrace disorganised disorganized dumb embarrassing failure fool
    foolish fraud genius gifted hopeless horrible idiot ignorant immature incapable incompetent insecure intelligent
    irresponsible joke kind lazy liar loser mean mess moron naive natural nice obnoxious pathetic perfect pretentious
    rude selfish shy silly slob sloppy slow smart smug snob star stupid superstar talented terrible thick unfriendly
    unintelligent unmotivated unprofessional useless weak weird worthless wonderful
    """
)
