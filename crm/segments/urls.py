"""Addresses of the Segments pages, below /dashboard/."""

from django.urls import path

from crm.segments import views

urlpatterns = [
    path("segments/", views.segments, name="segments"),
    path("segments/new/", views.new, name="segment-new"),
    path("segments/<str:segment_id>/", views.edit, name="segment-edit"),
    path("segments/<str:segment_id>/duplicate/", views.duplicate, name="segment-duplicate"),
    path("segments/<str:segment_id>/delete/", views.delete, name="segment-delete"),
]
