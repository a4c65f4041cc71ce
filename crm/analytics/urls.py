"""Addresses of the analytics pages, under /dashboard/."""

from django.urls import path

from crm.analytics import views

urlpatterns = [
    path("analytics/", views.analytics, name="analytics"),
    path("analytics/utm.csv", views.table_csv, name="analytics-csv"),
    path("analytics/charts/<str:kind>/", views.chart, name="analytics-chart"),
]
