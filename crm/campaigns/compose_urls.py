"""Addresses of writing a campaign, below /dashboard/. They come before `campaigns/<id>/`."""

from django.urls import path

from crm.campaigns import compose_preview, compose_views

urlpatterns = [
    path("campaigns/new/", compose_views.new, name="campaign-new"),
    path("campaigns/new/preview/", compose_preview.preview, name="campaign-preview"),
    path("campaigns/<str:campaign_id>/write/", compose_views.write, name="campaign-write"),
    path("campaigns/<str:campaign_id>/mail/", compose_preview.sent, name="campaign-mail"),
]
