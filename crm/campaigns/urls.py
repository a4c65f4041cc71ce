"""Addresses of the campaign pages, under /dashboard/."""

from django.urls import include, path

from crm.campaigns import views

urlpatterns = [
    path("", include("crm.campaigns.compose_urls")),
    path("campaigns/", views.campaigns, name="campaigns"),
    path("campaigns/<str:campaign_id>/", views.campaign, name="campaign"),
    path("campaigns/<str:campaign_id>/mails/", views.campaign_deliveries, name="campaign-deliveries"),
]
