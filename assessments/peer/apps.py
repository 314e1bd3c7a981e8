from django.apps import AppConfig


class PeerConfig(AppConfig):
    name = "assessments.peer"
    label = "peer"

    def ready(self) -> None:
        from assessments.activities import kinds
        from assessments.marking import permissions, surroundings
        from assessments.marking.signals import sheet_amended, sheet_submitted
        from assessments.peer import assigning, columns, grading, moving, reviewing, sheets
        from assessments.peer.kind import KIND
        from assessments.results import columns as gradebook
        from lti_tool.port import beside_requests

        kinds.register(KIND)
        surroundings.register(sheets.surroundings)
        permissions.shield(sheets.shield)
        # Handed in first, computed then: both in the transaction of the sheet.
        sheet_submitted.connect(reviewing.on_submitted, dispatch_uid="peer.reviewing")
        sheet_submitted.connect(grading.on_sheet, dispatch_uid="peer.grading")
        sheet_amended.connect(grading.on_sheet, dispatch_uid="peer.grading")
        gradebook.register(KIND.slug, columns.of_round, page="peer:grades")
        beside_requests(moving.go_on_with_any)
        beside_requests(assigning.expire_leases)
