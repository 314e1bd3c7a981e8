from django.dispatch import Signal

# An activity is opened by another link from now on: what was released goes to that link's column too. Sent inside the
# transaction; `activity` and `by`.
activity_moved = Signal()
