"""Addresses that everybody may know. They stand in mails, calendars and on other sites, so they never change."""

from django.urls import path

from crm.public import views

urlpatterns = [
    path("e/<str:slug>.ics", views.calendar, name="public-calendar"),
    path("e/<str:slug>", views.event, name="public-event"),
]
