"""The commonest small words of English: they tell that a text is English, and say nothing of its content."""

from assessments.peer.words.lexicons import words

SMALL_WORDS = frozenset(
    words(
        """
    a about after all also an and any are as at be because been before but by can could did do does don't for from had
    has have he her his how i if in into is it its just like more most much my no not of on one or other our out over
    she should so some than that the their them then there they this to too up very was we well were what when which
    while who why will with would you your
    """
    )
)
