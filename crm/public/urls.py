"""Addresses that everybody may know. They stand in mails, calendars and on other sites, so they never change."""

from django.urls import path

from crm.public import place_views, views

urlpatterns = [
    path("e/<str:slug>.png", views.picture, name="public-picture"),
    path("e/<str:slug>.ics", views.calendar, name="public-calendar"),
    path("e/<str:slug>", views.event, name="public-event"),
    path("e/<str:slug>/registered", views.registered, name="public-registered"),
    path("r/<str:token>", place_views.place, name="public-place"),
]
