"""Addresses of what keeps the product well, below /dashboard/."""

from django.urls import path

from crm.upkeep import views

urlpatterns = [
    path("dead-letters/", views.dead_letters, name="dead-letters"),
    path("dead-letters/<str:letter_id>/try-again/", views.try_again, name="dead-letter-again"),
    path("dead-letters/<str:letter_id>/dismiss/", views.dismiss, name="dead-letter-dismiss"),
]
