"""Addresses of lists of what was done with mails, under /dashboard/."""

from django.urls import path

from crm.engagement import click_views

urlpatterns = [path("clicks/", click_views.clicks, name="clicks")]
