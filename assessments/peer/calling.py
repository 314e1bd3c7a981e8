"""The people of a round by the names that teachers type."""

from collections import defaultdict
from collections.abc import Iterable
from itertools import count

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from assessments.peer.models import Participant, PeerActivity


class Names:
    """Everybody under a name that nobody else has: namesakes with their group behind it, or with a number."""

    def __init__(self, people: Iterable[Participant]) -> None:
        self._called: dict[str, list[Participant]] = defaultdict(list)
        for row in people:
            self._called[row.display_name.casefold()].append(row)
        self.by_label: dict[str, Participant] = {}
        for namesakes in self._called.values():
            for row in namesakes:
                self.by_label[self._label(row, is_alone=len(namesakes) == 1)] = row
        self._exact = {label.casefold(): row for label, row in self.by_label.items()}

    def find(self, typed: str) -> Participant:
        """Whoever is called so; ValidationError where nobody is, or several are."""
        wanted = " ".join(typed.split())
        if (exact := self._exact.get(wanted.casefold())) is not None:
            return exact
        if namesakes := self._called.get(wanted.casefold()):
            labels = sorted(label for label, row in self.by_label.items() if row in namesakes)
            raise ValidationError(
                _("Several people are called so. Write one of these: %(names)s.")
                % {"names": ", ".join(labels[:5])}
            )
        raise ValidationError(_("Nobody of this round is called “%(name)s”.") % {"name": wanted[:100]})

    def _label(self, row: Participant, *, is_alone: bool) -> str:
        name = " ".join(row.display_name.split())
        if is_alone:
            return name
        if row.group and f"{name} ({row.group})" not in self.by_label:
            return f"{name} ({row.group})"
        return next(label for n in count(1) if (label := f"{name} ({n})") not in self.by_label)


def of(peer: PeerActivity) -> Names:
    return Names(peer.participants.select_related("person", "group").order_by("pk"))
