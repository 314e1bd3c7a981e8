from django.urls import path

from assessments.marking import api, paper_views, views

app_name = "marking"
urlpatterns = [
    path("sheets/", views.start, name="start"),
    path("sheets/app.webmanifest", views.manifest, name="manifest"),
    path("sheets/worker.js", views.worker, name="worker"),
    path("sheets/<uuid:key>/", views.sheet, name="sheet"),
    path("sheets/<uuid:key>/amendment/", views.amendment, name="amendment"),
    path("sheets/<uuid:key>/paper/", paper_views.paper_entry, name="paper"),
    path("api/sheets/<uuid:key>/", api.SheetView.as_view(), name="api_sheet"),
    path("api/sheets/<uuid:key>/taps/", api.TapsView.as_view(), name="api_taps"),
    path("api/sheets/<uuid:key>/presence/", api.PresenceView.as_view(), name="api_presence"),
    path("api/devices/", api.DeviceView.as_view(), name="api_device"),
]
