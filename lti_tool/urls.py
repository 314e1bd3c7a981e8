from django.urls import path

from lti_tool import registration_views, views

app_name = "lti_tool"
urlpatterns = [
    path("login/", views.login, name="login"),
    path("launch/", views.launch, name="launch"),
    path("review/<int:link>/<uuid:person>/", views.review, name="review"),
    path("register/<str:code>/", registration_views.register, name="register"),
    path("canvas.json", registration_views.canvas_json, name="canvas-json"),
    path("jwks.json", views.jwks, name="jwks"),
    path("deep-linking/return/", views.deep_linking_return, name="deep_linking_return"),
    path("deep-linking/cancel/", views.deep_linking_cancel, name="deep_linking_cancel"),
    path("notices/", views.notices, name="notices"),
    path("end/", views.end, name="end"),
    path("codes/", views.codes, name="codes"),
    path("open/<str:code>/", views.open_code, name="open"),
]
