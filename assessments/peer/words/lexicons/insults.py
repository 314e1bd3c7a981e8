"""A small list of words that hurt whoever they are said to. It sorts what staff read first; it deletes nothing.

Slurs about groups of people are among them, because a list that leaves them out lets them through.
"""

from assessments.peer.words.lexicons import lines

INSULTS = lines(
    """
    airhead
    arse
    arsehole
    ass
    asshole
    bastard
    bellend
    bitch
    bloody useless
    bollocks
    brain dead
    braindead
    bullshit
    chink
    coon
    crap
    cretin
    cunt
    deadbeat
    dickhead
    dimwit
    dipshit
    douchebag
    dumb
    dumbass
    faggot
    fat pig
    fatso
    fool
    fuck
    fucked
    fucker
    fucking
    go to hell
    gypo
    halfwit
    hate you
    idiot
    idiotic
    idiots
    imbecile
    jackass
    jerk
    kill yourself
    kys
    loser
    moron
    moronic
    muppet
    nigger
    nitwit
    numpty
    paki
    pathetic
    piece of shit
    piss off
    pillock
    plonker
    prat
    prick
    retard
    retarded
    scum
    scumbag
    shit
    shitty
    shut up
    slut
    spaz
    stupid
    tosser
    tranny
    twat
    twit
    wanker
    waste of space
    whore
    wog
    worthless
    you disgust me
    you make me sick
    you suck
    """
)

# Bedside words that only look like them.
HARMLESS = lines(
    """
    ankle jerk
    biceps jerk
    finger prick
    heel prick
    jerk reflex
    knee jerk
    pin prick
    prick test
    skin prick
    triceps jerk
    """
)
