"""The app."""

from __future__ import annotations

from django.apps import AppConfig


class GpicConfig(AppConfig):
    """What a partner keeps of its patients' GP accounts, sealed."""

    name = "gpic.storage.partner.django"
    label = "gpic"
    verbose_name = "GP credentials"
    default_auto_field = "django.db.models.BigAutoField"
