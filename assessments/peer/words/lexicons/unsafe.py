"""Phrases of advice that may harm a patient if somebody follows it. A person decides; the list only sorts."""

from assessments.peer.words.lexicons import lines

UNSAFE = lines(
    """
    better without consent
    better without gloves
    do not need consent
    do not need gloves
    do not need to ask about allergies
    do not need to check the name
    do not need to wash
    don't bother checking
    don't bother washing
    don't bother with consent
    don't bother with gloves
    don't need consent
    don't need gloves
    don't need to ask about allergies
    don't need to check
    don't need to wash
    double the dose
    fine without a chaperone
    fine without consent
    fine without gloves
    forget about consent
    forget the allergies
    ignore the allergies
    ignore the allergy
    ignore the red flags
    just guess the dose
    never mind the allergies
    never mind the consent
    no need for a chaperone
    no need for consent
    no need for gloves
    no need to ask about allergies
    no need to ask for consent
    no need to check the dose
    no need to check the name
    no need to examine
    no need to wash
    recap the needle
    resheathe the needle
    reuse the needle
    reuse the syringe
    skip consent
    skip the allergies
    skip the consent
    skip the hand washing
    skip the identity check
    stop taking the insulin
    stop taking the medication
    stop taking the medicine
    stop taking the tablets
    stop the insulin
    tell the patient to stop their
    triple the dose
    """
)
