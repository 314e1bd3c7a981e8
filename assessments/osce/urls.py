from django.urls import path

from assessments.osce import (
    api,
    board_views,
    door,
    link_views,
    people_views,
    planning_views,
    reading_views,
    session_views,
    views,
)

app_name = "osce"
_EXAM = "exams/<uuid:key>/"
_SESSION = f"{_EXAM}sessions/<uuid:session_key>/"
urlpatterns = [
    path("api/sessions/<uuid:key>/clock/", api.ClocksView.as_view(), name="api_clock"),
    path(_EXAM, views.home, name="home"),
    path(f"{_EXAM}mine/", views.my_stations, name="my_stations"),
    path(f"{_EXAM}calendar/", views.own_calendar, name="own_calendar"),
    path(f"{_EXAM}stations/", planning_views.stations, name="stations"),
    path(f"{_EXAM}stations/new/", planning_views.new_station, name="new_station"),
    path(f"{_EXAM}stations/<uuid:station_key>/", planning_views.station, name="station"),
    path(f"{_EXAM}stations/<uuid:station_key>/place/", planning_views.station_place, name="station_place"),
    path(
        f"{_EXAM}stations/<uuid:station_key>/removal/", planning_views.station_removal, name="station_removal"
    ),
    path(f"{_EXAM}stations/<uuid:station_key>/rubric/", planning_views.station_rubric, name="station_rubric"),
    path(f"{_EXAM}blueprint/", planning_views.blueprint, name="blueprint"),
    path(f"{_EXAM}timing/", planning_views.timing, name="timing"),
    path(f"{_EXAM}circuits/", planning_views.circuits, name="circuits"),
    path(f"{_EXAM}candidates/", people_views.candidates, name="candidates"),
    path(f"{_EXAM}candidates/changes/", people_views.candidate_changes, name="candidate_changes"),
    path(
        f"{_EXAM}candidates/<uuid:candidate_key>/withdrawal/",
        people_views.candidate_withdrawal,
        name="candidate_withdrawal",
    ),
    path(f"{_EXAM}staff/", people_views.staff, name="staff"),
    path(f"{_EXAM}staff/<uuid:staff_key>/removal/", people_views.staff_removal, name="staff_removal"),
    path(f"{_EXAM}conflicts/", people_views.conflicts, name="conflicts"),
    path(
        f"{_EXAM}conflicts/<int:conflict_id>/removal/", people_views.conflict_removal, name="conflict_removal"
    ),
    path(f"{_EXAM}sessions/new/", session_views.new_session, name="new_session"),
    path(_SESSION, session_views.session, name="session"),
    path(f"{_SESSION}settings/", session_views.session_settings, name="session_settings"),
    path(f"{_SESSION}removal/", session_views.session_removal, name="session_removal"),
    path(f"{_SESSION}circuits/<uuid:circuit_key>/", session_views.session_posts, name="session_posts"),
    path(f"{_SESSION}rooms/like/", session_views.posts_copy, name="posts_copy"),
    path(f"{_SESSION}timetable/", session_views.session_timetable, name="timetable"),
    path(f"{_SESSION}publication/", session_views.publication, name="publication"),
    path(f"{_SESSION}lock/", session_views.lock, name="lock"),
    path("exam/", door.door, name="door"),
    path(f"{_SESSION}links/", link_views.links, name="links"),
    path(f"{_SESSION}links/validity/", link_views.validity, name="links_validity"),
    path(f"{_SESSION}links/cards/", link_views.cards, name="link_cards"),
    path(f"{_SESSION}links/<uuid:staff_key>/", link_views.link, name="link"),
    path(f"{_SESSION}links/<uuid:staff_key>/withdrawal/", link_views.withdrawal, name="link_withdrawal"),
    path(f"{_SESSION}board/", board_views.exam_day, name="board"),
    path(f"{_SESSION}clock/", board_views.clock_orders, name="clock_orders"),
    path(f"{_SESSION}alarm/", board_views.fire_alarm, name="fire_alarm"),
    path(f"{_SESSION}announcements/", board_views.announcements, name="announcements"),
    path(f"{_SESSION}help/", board_views.help_requests, name="help_requests"),
    path(f"{_SESSION}help/<uuid:help_key>/", board_views.help_answer, name="help_answer"),
    path(f"{_SESSION}incidents/", board_views.incidents, name="incidents"),
    path(f"{_SESSION}encounters/<uuid:encounter_key>/", board_views.encounter, name="encounter"),
    path(
        f"{_SESSION}encounters/<uuid:encounter_key>/change/",
        board_views.encounter_change,
        name="encounter_change",
    ),
    path(f"{_SESSION}posts/<int:post_id>/", board_views.post, name="post"),
    path(f"{_SESSION}projector/", board_views.projector, name="projector"),
    path(f"{_SESSION}rooms/", reading_views.rooms, name="rooms"),
    path(f"{_SESSION}paper/", reading_views.paper_list, name="paper"),
    path(f"{_SESSION}paper/<uuid:circuit_key>/", reading_views.paper_sheets, name="paper_sheets"),
    path(f"{_SESSION}bells/", reading_views.bell_plan, name="bells"),
    path(f"{_SESSION}tickets/", reading_views.tickets, name="tickets"),
    path(f"{_SESSION}days/", reading_views.staff_days, name="staff_days"),
    path(
        f"{_SESSION}tickets/<uuid:candidate_key>/calendar/",
        reading_views.candidate_calendar,
        name="candidate_calendar",
    ),
    path(f"{_SESSION}days/<uuid:staff_key>/calendar/", reading_views.staff_calendar, name="staff_calendar"),
]
