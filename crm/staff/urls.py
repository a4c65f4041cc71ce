"""Addresses of the Settings pages, below /dashboard/."""

from django.urls import path

from crm.staff import views

urlpatterns = [
    path("tokens/", views.tokens, name="tokens"),
    path("tokens/<str:token_id>/revoke/", views.revoke_token, name="token-revoke"),
]
