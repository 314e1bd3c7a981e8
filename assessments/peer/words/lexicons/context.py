"""Words of the encounter that a behaviour happened in: people, parts, moments of a consultation."""

from assessments.peer.words.lexicons import words

CONTEXT = words(
    """
    abdomen airway allergies allergy ankle anxious arm arrest asthma bed bedside bleeding blood breath breathing
    cannula cardiac cardiorespiratory carer chaperone chart chest clinic complaint concerns consent consultation cough
    couch curtain daughter diabetes diagnosis discharge dose drug ecg emergency examination expectations family father
    fever gloves guideline hand handover hands headache heart history husband ideas infusion inhaler injection knee
    leg lung lungs medication medications medicine mother neck nurse oxygen pain parent partner patient patient's
    patients prescription procedure pulse rash relative relatives result results resuscitation scar shoulder side
    simulated skin son station stethoscope sugar surgery suture symptom symptoms syringe temperature tourniquet ulcer
    vein ward wife wound
    """
)
