"""Addresses of the pages about registrations, under /dashboard/."""

from django.urls import path

from crm.registrations import list_views, views

urlpatterns = [
    path("registrations/", list_views.registrations, name="registrations"),
    path("events/<str:event_id>/register/", views.register, name="event-register"),
    path("events/<str:event_id>/check-in/", views.check_in, name="event-check-in"),
    path("events/<str:event_id>/check-in/undo/", views.undo_check_in, name="event-undo-check-in"),
    path(
        "events/<str:event_id>/registrations/<str:person_id>/cancel/",
        views.cancel_registration,
        name="event-cancel-registration",
    ),
]
