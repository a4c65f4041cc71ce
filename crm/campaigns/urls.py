"""Addresses of the campaign pages, under /dashboard/."""

from django.urls import include, path

from crm.campaigns import (
    control_views,
    correct_views,
    proof_views,
    repeat_views,
    report_views,
    schedule_views,
    sending_views,
    views,
)

urlpatterns = [
    path("", include("crm.campaigns.compose_urls")),
    path("sending/", sending_views.sending, name="sending"),
    path("campaigns/", views.campaigns, name="campaigns"),
    path("campaigns/<str:campaign_id>/", views.campaign, name="campaign"),
    path("campaigns/<str:campaign_id>/mails/", views.campaign_deliveries, name="campaign-deliveries"),
    path("campaigns/<str:campaign_id>/report/", report_views.show, name="campaign-report"),
    path("campaigns/<str:campaign_id>/proof/", proof_views.show, name="campaign-proof"),
    path("campaigns/<str:campaign_id>/proof/count/", proof_views.count, name="campaign-count"),
    path("campaigns/<str:campaign_id>/proof/csv/", proof_views.proof_csv, name="campaign-proof-csv"),
    path("campaigns/<str:campaign_id>/pause/", control_views.pause, name="campaign-pause"),
    path("campaigns/<str:campaign_id>/resume/", control_views.resume, name="campaign-resume"),
    path("campaigns/<str:campaign_id>/cancel/", control_views.cancel, name="campaign-cancel"),
    path("campaigns/<str:campaign_id>/retry/", repeat_views.retry, name="campaign-retry"),
    path("campaigns/<str:campaign_id>/resend/", repeat_views.resend, name="campaign-resend"),
    path("campaigns/<str:campaign_id>/correct/", correct_views.correct, name="campaign-correct"),
    path("campaigns/<str:campaign_id>/schedule/", schedule_views.reschedule, name="campaign-schedule"),
    path("campaigns/<str:campaign_id>/unschedule/", schedule_views.unschedule, name="campaign-unschedule"),
]
