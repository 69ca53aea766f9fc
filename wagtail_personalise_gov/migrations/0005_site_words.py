import django.db.models.deletion
import modelcluster.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("wagtail_personalise_gov", "0004_example_visits"),
    ]

    operations = [
        migrations.AddField(
            model_name="personalisationsettings",
            name="banner_heading",
            field=models.CharField(
                blank=True,
                help_text="Empty: “How … adapts to you”, with the name above.",
                max_length=80,
                verbose_name="heading of the banner",
            ),
        ),
        migrations.AddField(
            model_name="personalisationsettings",
            name="banner_introduction",
            field=models.TextField(
                blank=True,
                help_text="They stand before what the banner always says: what happens, what is used and what is kept. That part is put together from what is really live, so it can’t be changed here. Empty: nothing stands before it.",
                max_length=300,
                verbose_name="first words of the banner",
            ),
        ),
        migrations.AddField(
            model_name="personalisationsettings",
            name="contact_email",
            field=models.EmailField(
                blank=True,
                help_text="Where visitors may ask what is used of them, and why.",
                max_length=254,
                verbose_name="e-mail for questions",
            ),
        ),
        migrations.AddField(
            model_name="personalisationsettings",
            name="contact_link",
            field=models.CharField(
                blank=True,
                help_text="The address of a contact page, if you would rather have a form than e-mail, or both.",
                max_length=500,
                verbose_name="form for questions",
            ),
        ),
        migrations.AddField(
            model_name="personalisationsettings",
            name="last_reviewed",
            field=models.DateField(
                blank=True,
                help_text="The day on which somebody last went through what adapts on this site, and why. Visitors read it. After a year you are reminded.",
                null=True,
                verbose_name="last reviewed",
            ),
        ),
        migrations.AddField(
            model_name="personalisationsettings",
            name="policy_link",
            field=models.CharField(
                blank=True,
                help_text="The address of your privacy or cookie policy. The page about personalisation leads there.",
                max_length=500,
                verbose_name="privacy policy",
            ),
        ),
        migrations.AddField(
            model_name="personalisationsettings",
            name="responsible",
            field=models.CharField(
                blank=True,
                help_text="A person or a team that answers for it, such as “Digital services team”. Visitors read it.",
                max_length=200,
                verbose_name="who is responsible",
            ),
        ),
        migrations.AddField(
            model_name="personalisationsettings",
            name="service_name",
            field=models.CharField(
                blank=True,
                help_text="What visitors call it, in the banner and in titles. Empty: as your developers have set it.",
                max_length=100,
                verbose_name="name of the service",
            ),
        ),
        migrations.CreateModel(
            name="SiteWording",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sort_order", models.IntegerField(blank=True, editable=False, null=True)),
                (
                    "service_name",
                    models.CharField(
                        blank=True,
                        help_text="What visitors call it, in the banner and in titles. Empty: as your developers have set it.",
                        max_length=100,
                        verbose_name="name of the service",
                    ),
                ),
                (
                    "banner_heading",
                    models.CharField(
                        blank=True,
                        help_text="Empty: “How … adapts to you”, with the name above.",
                        max_length=80,
                        verbose_name="heading of the banner",
                    ),
                ),
                (
                    "banner_introduction",
                    models.TextField(
                        blank=True,
                        help_text="They stand before what the banner always says: what happens, what is used and what is kept. That part is put together from what is really live, so it can’t be changed here. Empty: nothing stands before it.",
                        max_length=300,
                        verbose_name="first words of the banner",
                    ),
                ),
                (
                    "policy_link",
                    models.CharField(
                        blank=True,
                        help_text="The address of your privacy or cookie policy. The page about personalisation leads there.",
                        max_length=500,
                        verbose_name="privacy policy",
                    ),
                ),
                ("language", models.CharField(max_length=20, verbose_name="language")),
                (
                    "settings",
                    modelcluster.fields.ParentalKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="wordings",
                        to="wagtail_personalise_gov.personalisationsettings",
                    ),
                ),
            ],
            options={
                "verbose_name": "wording in a language",
                "verbose_name_plural": "wordings in languages",
                "ordering": ["sort_order"],
                "abstract": False,
                "constraints": [
                    models.UniqueConstraint(
                        fields=("settings", "language"),
                        name="personalise_wording_once",
                        violation_error_message="There are words in this language already. Change those.",
                    )
                ],
            },
        ),
    ]
