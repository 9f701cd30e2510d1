"""The partner kit's cabinets in a Django service's own database: add `gpic.storage.partner.django` to INSTALLED_APPS."""
