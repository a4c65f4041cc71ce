"""The address that SNS posts to, at the root; answered with a slash at the end too (crm_site/wsgi.py)."""

from django.urls import path

from crm.feedback import views

urlpatterns = [path("hooks/ses", views.ses, name="ses-events")]
