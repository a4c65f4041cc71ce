"""Addresses of the do-not-mail list, below /dashboard/."""

from django.urls import path

from crm.suppressions import import_views, views

urlpatterns = [
    path("suppressions/", views.suppressions, name="suppressions"),
    path("suppressions/new/", views.new, name="suppression-new"),
    path("suppressions/export/", views.export, name="suppressions-export"),
    path("suppressions/import/", import_views.new, name="suppression-import-new"),
    path("suppressions/imports/<str:import_id>/", import_views.result, name="suppression-import"),
    path("suppressions/<str:suppression_id>/remove/", views.remove, name="suppression-remove"),
]
