"""Addresses of the analytics pages, under /dashboard/."""

from django.urls import path

from crm.analytics import engagement_views, event_views, funnel_views, link_views, time_views, views

urlpatterns = [
    path("analytics/", views.analytics, name="analytics"),
    path("analytics/utm.csv", views.table_csv, name="analytics-csv"),
    path("analytics/funnel/", funnel_views.show, name="analytics-funnel"),
    path("analytics/funnel.csv", funnel_views.csv, name="analytics-funnel-csv"),
    path("analytics/time/", time_views.show, name="analytics-time"),
    path("analytics/time.csv", time_views.csv, name="analytics-time-csv"),
    path("analytics/links/", link_views.show, name="analytics-links"),
    path("analytics/links.csv", link_views.csv, name="analytics-links-csv"),
    path("analytics/events/", event_views.show, name="analytics-events"),
    path("analytics/events.csv", event_views.csv, name="analytics-events-csv"),
    path("analytics/people/", engagement_views.show, name="analytics-people"),
    path("analytics/people/most-engaged/", engagement_views.most_engaged, name="analytics-people-list"),
    path("analytics/people.csv", engagement_views.csv, name="analytics-people-csv"),
    path("analytics/charts/<slug:kind>.<slug:suffix>", views.chart_file, name="analytics-chart-file"),
    path("analytics/charts/<str:kind>/", views.chart, name="analytics-chart"),
]
