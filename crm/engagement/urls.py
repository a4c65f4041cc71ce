"""Addresses that stand in mail. They are short, and never change: mail cannot be called back."""

from django.urls import path

from crm.engagement import unsubscribe_views, views

urlpatterns = [
    path("o/<str:token>.gif", views.opened, name="mail-opened"),
    path("c/<str:token>/<str:number>", views.clicked, name="mail-clicked"),
    path("u/<str:token>", unsubscribe_views.unsubscribe, name="unsubscribe"),
]
