"""Addresses of imports of people, below /dashboard/."""

from django.urls import path

from crm.imports import views

urlpatterns = [
    path("imports/", views.imports, name="imports"),
    path("imports/new/", views.new, name="import-new"),
    path("imports/<str:import_id>/", views.one, name="import"),
    path("imports/<str:import_id>/cancel/", views.cancel, name="import-cancel"),
    path("imports/<str:import_id>/undo/", views.undo, name="import-undo"),
    path("imports/<str:import_id>/not-imported.csv", views.bad_rows, name="import-bad-rows"),
]
