from django.urls import path

from assessments.rubrics import file_views, views

app_name = "rubrics"
urlpatterns = [
    path("", views.rubrics, name="rubrics"),
    path("files/", file_views.files, name="files"),
    path("files/drafts/", file_views.drafts, name="drafts"),
    path("files/template/<slug:form>/", file_views.template, name="template"),
    path("<uuid:key>/", views.rubric, name="rubric"),
    path("<uuid:key>/preview/", views.preview, name="preview"),
    path("<uuid:key>/criteria/", views.criteria, name="criteria"),
    path("<uuid:key>/criteria/<int:criterion_id>/", views.criterion, name="criterion"),
    path("<uuid:key>/criteria/<int:criterion_id>/place/", views.place, name="place"),
    path("<uuid:key>/criteria/<int:criterion_id>/removal/", views.removal, name="removal"),
    path("<uuid:key>/statements/", views.statements, name="statements"),
    path("<uuid:key>/hints/", views.hints, name="hints"),
    path("<uuid:key>/publication/", views.publication, name="publication"),
    path("<uuid:key>/next-version/", views.next_version, name="next_version"),
    path("<uuid:key>/duplicate/", views.duplicate, name="duplicate"),
    path("<uuid:key>/discard/", views.discard, name="discard"),
    path("<uuid:key>/export/", file_views.export, name="export"),
    path("<uuid:key>/export/<slug:form>/", file_views.file, name="file"),
]
