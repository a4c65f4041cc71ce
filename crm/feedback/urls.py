"""The address that SNS posts to, at the root; with a slash at the end too, as people subscribe it either way."""

from django.urls import path

from crm.feedback import views

urlpatterns = [path("hooks/ses", views.ses, name="ses-events"), path("hooks/ses/", views.ses)]
