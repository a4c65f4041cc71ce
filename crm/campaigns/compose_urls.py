"""Addresses of writing a campaign, below /dashboard/. They come before `campaigns/<id>/`."""

from django.urls import path

from crm.campaigns import compose_views

urlpatterns = [
    path("campaigns/new/", compose_views.new, name="campaign-new"),
    path("campaigns/new/preview/", compose_views.preview, name="campaign-preview"),
]
