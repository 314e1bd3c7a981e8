"""One gradebook column seen from both ends: the grade we want there, and what the LMS shows."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.test import Client
from django.utils import timezone

from lti_tool import port, worker
from lti_tool.models import Person, ResourceLink, Score
from tests.certification.launching import launch
from tests.schools import enrol

TAG = "result"
MAXIMUM = Decimal(20)


@dataclass
class Column:
    school: Any
    link: ResourceLink
    people: list[Person]

    @classmethod
    def of_new_school(cls, sandbox, profile, students=1):
        """A new school whose students have all launched one activity with a column of its own."""
        school = enrol(sandbox, profile, activity=False)
        school.link(score_maximum=float(MAXIMUM))
        handles = ["student"] + [school.add_student() for _ in range(students - 1)]
        launches = [launch(Client(), school, handle).context["launch"] for handle in handles]
        link = launches[0].resource_link
        port.ensure_line_item(link, tag=TAG, label="History taking", score_maximum=MAXIMUM)
        return cls(school, link, [opened.person for opened in launches])

    def publish(self, given, person=None, comment="A clear opening."):
        with transaction.atomic():
            port.publish_score(
                self.link,
                line_item_tag=TAG,
                member=person or self.people[0],
                given=Decimal(given),
                graded_at=timezone.now(),
                comment=comment,
            )

    def withdraw(self, person=None):
        port.withdraw_score(self.link, line_item_tag=TAG, member=person or self.people[0])

    def score(self, person=None) -> Score:
        return Score.objects.get(line_item__resource_link=self.link, person=person or self.people[0])

    def sentence(self, person=None) -> str:
        return port.deliveries(self.link, tag=TAG)[(person or self.people[0]).pk].sentence

    def retry(self) -> int:
        return port.retry(self.link, tag=TAG)

    def send_anyway(self, seen, person=None):
        port.send_anyway(self.link, tag=TAG, member=person or self.people[0], seen=seen)

    def keep_theirs(self, seen, person=None):
        port.keep_theirs(self.link, tag=TAG, member=person or self.people[0], seen=seen)

    def delivery(self, person=None):
        return port.deliveries(self.link, tag=TAG)[(person or self.people[0]).pk]

    def work(self) -> int:
        return worker.work_once()

    # --- the LMS's end ---

    def cell(self, person=None) -> dict[str, Any]:
        return self.school.cell((person or self.people[0]).sub)

    def shown(self, person=None) -> float | None:
        return self.cell(person)["score"]

    def comments(self, person=None) -> list[str]:
        return self.cell(person)["comments"]
