"""The four tables."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    """All of them."""

    initial = True

    dependencies: ClassVar = []

    operations: ClassVar = [
        migrations.CreateModel(
            name="Attempt",
            fields=[
                ("state", models.TextField(primary_key=True, serialize=False)),
                ("nonce", models.TextField()),
                ("browser", models.TextField()),
                ("expires", models.BigIntegerField()),
            ],
            options={
                "db_table": "gpic_attempts",
            },
        ),
        migrations.CreateModel(
            name="Linkage",
            fields=[
                ("fingerprint", models.TextField(primary_key=True, serialize=False)),
                ("version", models.BigIntegerField()),
                ("sealed", models.BinaryField(null=True)),
                ("token", models.TextField(null=True)),
                ("token_mark", models.TextField(db_default="sound")),
                ("key_mark", models.TextField(db_default="sound")),
                ("suspended_at", models.BigIntegerField(null=True)),
                ("renewed", models.BigIntegerField(db_default=0)),
                ("reserved_until", models.BigIntegerField(null=True)),
            ],
            options={
                "db_table": "gpic_linkages",
            },
        ),
        migrations.CreateModel(
            name="Pointer",
            fields=[
                ("sub", models.TextField(primary_key=True, serialize=False)),
                ("fingerprint", models.TextField(db_index=True)),
                ("is_right", models.BigIntegerField()),
            ],
            options={
                "db_table": "gpic_pointers",
            },
        ),
        migrations.CreateModel(
            name="Return",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("who", models.TextField()),
                ("why", models.TextField()),
                ("at", models.BigIntegerField(db_index=True)),
            ],
            options={
                "db_table": "gpic_returns",
                "indexes": [models.Index(fields=["who", "at"], name="gpic_returns_by_who")],
            },
        ),
    ]
