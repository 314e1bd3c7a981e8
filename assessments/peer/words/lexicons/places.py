"""Words that patterns of identifiers need: postcode areas, months, and words that follow a title without being a name."""

from assessments.peer.words.lexicons import words

# Royal Mail's postcode areas.
POSTCODE_AREAS = frozenset(
    words(
        """
        AB AL B BA BB BD BH BL BN BR BS BT CA CB CF CH CM CO CR CT CV CW DA DD DE DG DH DL DN DT DY E EC EH EN EX FK
        FY G GL GU GY HA HD HG HP HR HS HU HX IG IM IP IV JE KA KT KW KY L LA LD LE LL LN LS LU M ME MK ML N NE NG NN
        NP NR NW OL OX PA PE PH PL PO PR RG RH RM S SA SE SG SK SL SM SN SO SP SR SS ST SW SY TA TD TF TN TQ TR TS TW
        UB W WA WC WD WF WN WR WS WV YO ZE
        """
    )
)

MONTHS = words("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec")

# "Patient Safety Incident" and "Nurse Practitioner" name nobody.
NO_NAMES = frozenset(
    words(
        """
        Activation Advice Advocate Assessment Associate Care Centered Centred Clinical Communication Confidentiality
        Consent Consultant Coordinator Data Education Educator Engagement Examination Experience Glasgow Group Handover
        Health History Identification Identity In Information Involvement Led Lead Leaflet Liaison Manager Medical Notes
        Number On Outcome Partnership Patient Portal Practitioner Prescriber Presenting Questionnaire Record Records
        Reported Rights Safety Satisfaction Simulated Specialist Standardised Standardized Student Support Teacher Team
        Tutor Who
        """
    )
)
