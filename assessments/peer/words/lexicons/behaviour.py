"""Verbs for what one can see or hear somebody do, by how their forms are made. British and American spelling."""

from assessments.peer.words.lexicons import words

REGULAR = words(
    """
    acknowledge address adjust advise agree allow answer apologise apologize appear apply approach arrange ask assess
    assist attach auscultate avoid calculate calm call carry change check clarify clean cleanse close comfort
    communicate complete confirm consider consult cover cross demonstrate describe discuss document drape drop elicit
    empathise empathize encourage engage enquire ensure enter escalate establish examine exclude exclaim exit explain
    explore expose fail finish follow gather greet guide handle help hurry identify ignore include inform inject
    inquire inspect insert interpret interrupt introduce invite jump label laugh lean learn leave link listen
    look measure mention miss mix monitor move mumble name navigate nod note notice observe offer omit open order
    overlook palpate paraphrase pause percuss perform phrase pick place plan point position practise
    practice prescribe present press prioritise prioritize probe proceed prompt pronounce provide pull push
    question raise reassure recap recognise recognize recommend record refer reflect remain remember remind remove
    repeat rephrase reply report request respond return review rinse rotate rub rush sanitise sanitize scan screen
    seem select share shout show sigh signpost skip smile stammer start state stop struggle stumble suggest
    summarise summarize support swab switch talk tap test thank tie touch translate treat try turn type use vary visit
    wait walk warm warn wash watch wear welcome whisper wipe work
    """
)
# base form, then what it is in the past
IRREGULAR = tuple(
    tuple(pair.split("/"))
    for pair in words("""
    become/became begin/began bend/bent break/broke bring/brought choose/chose come/came cut/cut deal/dealt do/did
    draw/drew feel/felt find/found forget/forgot freeze/froze get/got give/gave go/went hear/heard hold/held keep/kept
    know/knew lead/led leave/left let/let lose/lost make/made meet/met pay/paid put/put read/read run/ran say/said
    see/saw set/set show/showed shake/shook sit/sat speak/spoke spend/spent stand/stood stick/stuck take/took teach/taught
    tell/told think/thought understand/understood wear/wore write/wrote
    """)
)
DOUBLING = words("drop grip nod omit plan refer rub scan skip step stop swab tap wrap")

# Before a verb's plain form these make it something seen: "you listen", "did not ask".
BEFORE_PLAIN = words(
    "i you he she they we who patient student candidate did didn't do don't does doesn't not never"
)
