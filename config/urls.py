from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("lti/", include("lti_tool.urls")),
    path("activities/", include("assessments.activities.urls")),
    path("activities/", include("assessments.results.urls")),
    path("activities/", include("assessments.people.urls")),
    path("rubrics/", include("assessments.rubrics.urls")),
    path("", include("assessments.marking.urls")),
    path("", include("assessments.osce.urls")),
    path("", include("assessments.workplace.urls")),
    path("", include("assessments.peer.urls")),
]
