"""Addresses of lists of mails, under /dashboard/."""

from django.urls import path

from crm.deliveries import views

urlpatterns = [
    path("mails/", views.deliveries, name="mails"),
    path("events/<str:event_id>/mail/", views.event_mail, name="event-mail"),
    path("mailbox/", views.received, name="mailbox"),
    path("mailbox/<str:letter_id>/", views.letter, name="mailbox-letter"),
    path("mailbox/<str:letter_id>/html/", views.letter_html, name="mailbox-html"),
]
