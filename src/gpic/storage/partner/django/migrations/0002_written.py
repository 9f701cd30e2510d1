"""What was done with everything that is kept of somebody."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    """One table more."""

    dependencies: ClassVar = [("gpic", "0001_initial")]

    operations: ClassVar = [
        migrations.CreateModel(
            name="Written",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("who", models.TextField(db_index=True)),
                ("what", models.TextField()),
                ("at", models.BigIntegerField()),
            ],
            options={
                "db_table": "gpic_audit",
            },
        ),
    ]
