"""Addresses of the People pages, below /dashboard/."""

from django.urls import path

from crm.people import builder_views, edit_views, export_views, tagging_views, views

urlpatterns = [
    path("people/", views.people, name="people"),
    path("people/new/", edit_views.new, name="person-new"),
    path("people/export/", export_views.people, name="people-export"),
    path("people/filter/", builder_views.builder, name="people-filter"),
    path("people/tags/", tagging_views.new, name="people-tag"),
    path("people/tags/<str:job_id>/", tagging_views.job, name="people-tagging"),
    path("people/<str:person_id>/", views.person, name="person"),
    path("people/<str:person_id>/edit/", edit_views.edit, name="person-edit"),
    path("people/<str:person_id>/delete/", views.delete, name="person-delete"),
]
