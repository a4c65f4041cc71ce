"""The address of the home page: /dashboard/ itself."""

from django.urls import path

from crm.home import views

urlpatterns = [path("", views.home, name="home")]
