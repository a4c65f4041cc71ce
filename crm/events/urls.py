"""Addresses of the event pages, under /dashboard/."""

from django.urls import path

from crm.events import edit_views, host_views, views

urlpatterns = [
    path("events/", views.events, name="events"),
    path("events/new/", edit_views.event_new, name="event-new"),
    path("events/<str:event_id>/", views.event, name="event"),
    path("events/<str:event_id>/edit/", edit_views.event_edit, name="event-edit"),
    path("events/<str:event_id>/hosts/", host_views.event_hosts, name="event-hosts"),
    path("events/<str:event_id>/publish/", edit_views.event_publish, name="event-publish"),
    path("events/<str:event_id>/cancel/", edit_views.event_cancel, name="event-cancel"),
    path("events/<str:event_id>/delete/", edit_views.event_delete, name="event-delete"),
]
