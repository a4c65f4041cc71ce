"""Addresses of the analytics pages, under /dashboard/."""

from django.urls import path

from crm.analytics import views

urlpatterns = [
    path("analytics/", views.analytics, name="analytics"),
    path("analytics/charts/<str:kind>/", views.chart, name="analytics-chart"),
]
