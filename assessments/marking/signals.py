"""What marking tells whoever listens, in the transaction of the change. Each carries `sheet` and `by`."""

from django.dispatch import Signal

sheet_submitted = Signal()
sheet_amended = Signal()
