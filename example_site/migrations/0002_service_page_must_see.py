from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("example_site", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="servicepage",
            name="must_see",
            field=models.BooleanField(
                default=False,
                help_text="For warnings, rights and deadlines. Nothing on it can then differ from visitor to visitor.",
                verbose_name="everyone must see all of this",
            ),
        ),
    ]
