"""What the LMS shows for the people of one batch, looked up in as few calls as will do.

One listing of the column answers for a whole batch, where the column is short enough to page through; else each person
is asked for. What was seen is used for LOOK_SECONDS and no longer: a teacher may type at any time. Who is missing from a
list counts as an empty cell only on platforms that are known to list everybody; elsewhere they are asked for alone.
"""

import math
import time
from collections.abc import Collection

from lti_tool.ags import Gradebook, Shown
from lti_tool.errors import Kind, ServiceError
from lti_tool.platforms import Platform

LOOK_SECONDS = 5.0
# A listing brings many rows that nobody asked for: it has to spare a few calls.
WORTH = 3


class Looks:
    """The looks of one batch, at one column. Raises ServiceError."""

    def __init__(self, gradebook: Gradebook, url: str, platform: Platform, filled: int) -> None:
        """`filled`: how many cells of the column may hold something, as far as we know."""
        self.gradebook = gradebook
        self.url = url
        self.platform = platform
        self.filled = filled
        self._seen: dict[str, Shown] = {}
        self._asked: set[str] = set()
        self._at = -math.inf
        self._can_list = True

    def of(self, user_id: str, still_to_come: Collection[str]) -> Shown | None:
        """What this person's cell shows, seen just now. `still_to_come`: who will be asked for next, this one included."""
        if not self._is_fresh(user_id) and not self._list(still_to_come):
            return self.one(user_id)
        found = self._seen.get(user_id)
        return found if found or self.platform.lists_everybody else self.one(user_id)

    def _is_fresh(self, user_id: str) -> bool:
        return user_id in self._asked and time.monotonic() - self._at < LOOK_SECONDS

    def one(self, user_id: str) -> Shown | None:
        """The same, asked for alone."""
        return self.gradebook.shown(self.url, user_id)

    def after(self, user_ids: Collection[str]) -> dict[str, Shown | None]:
        """What the cells show after our posts. Who is missing from a list is asked for alone, before that is believed."""
        if not self._list(user_ids):
            return {user_id: self.one(user_id) for user_id in user_ids}
        return {user_id: self._seen.get(user_id) or self.one(user_id) for user_id in user_ids}

    def _list(self, user_ids: Collection[str]) -> bool:
        """Look at the whole column, where that is cheaper; False where it is not, or did not work."""
        page = self.platform.results_page
        pages = math.ceil(max(self.filled, 1) / page) if page else 1
        if not self._can_list or len(user_ids) <= WORTH * pages:
            return False
        began = time.monotonic()
        try:
            seen = self.gradebook.everybody_shown(self.url, set(user_ids), page_size=page)
        except ServiceError as error:
            if error.kind != Kind.TRANSIENT or error.status is None:
                raise
            self._can_list = False  # too large, or no list: one by one it may go
            return False
        self._seen, self._asked, self._at = seen, set(user_ids), began
        return True
