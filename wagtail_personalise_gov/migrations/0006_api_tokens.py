import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("wagtail_personalise_gov", "0005_site_words"),
    ]

    operations = [
        migrations.CreateModel(
            name="ApiToken",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "name",
                    models.CharField(
                        help_text="What it is for, such as “Front end of the licensing service”.",
                        max_length=120,
                        verbose_name="name",
                    ),
                ),
                ("scopes", models.JSONField(default=list, verbose_name="good for")),
                (
                    "expires_on",
                    models.DateField(
                        blank=True,
                        help_text="After this day it no longer works. Give one: a token that is forgotten should end by itself.",
                        null=True,
                        verbose_name="last day",
                    ),
                ),
                ("secret_hash", models.CharField(editable=False, max_length=64, unique=True)),
                ("ending", models.CharField(editable=False, max_length=4)),
                (
                    "made_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name="made"),
                ),
                ("made_by", models.CharField(blank=True, editable=False, max_length=150, verbose_name="made by")),
                ("last_used_on", models.DateField(editable=False, null=True, verbose_name="last used")),
                ("revoked_at", models.DateTimeField(editable=False, null=True, verbose_name="revoked")),
                ("revoked_by", models.CharField(blank=True, editable=False, max_length=150, verbose_name="revoked by")),
            ],
            options={
                "verbose_name": "API token",
                "verbose_name_plural": "API tokens",
                "ordering": ["-made_at", "-pk"],
                "default_permissions": ("view", "add", "change"),
            },
        ),
    ]
