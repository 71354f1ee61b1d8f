"""The audit log of administrative changes, and the rollup of the whole site."""

from __future__ import annotations

from typing import Any

from django.db import migrations, models

from conversations.models.amount import AmountField

SUMS = (
    "calls",
    "failures",
    "estimated_calls",
    "cache_hit_tokens",
    "cache_miss_tokens",
    "output_tokens",
    "reasoning_tokens",
    "cost",
)


def add_up(apps: Any, schema_editor: Any) -> None:
    """What was used so far, by the database itself: amounts stay as exact as they are."""
    sums = ", ".join(f"SUM({name})" for name in SUMS)
    schema_editor.execute(
        f"INSERT INTO conversations_siteday (day, model, currency, simulated, part, {', '.join(SUMS)}) "  # noqa: S608 - names from above
        f"SELECT day, model, currency, simulated, 0, {sums} FROM conversations_usageday "
        "GROUP BY day, model, currency, simulated"
    )


class Migration(migrations.Migration):
    dependencies = (("conversations", "0010_balance_failures_moderation"),)
    operations = (
        migrations.CreateModel(
            name="AuditEntry",
            fields=[
                ("number", models.PositiveBigIntegerField(primary_key=True, serialize=False, verbose_name="number")),
                ("at", models.DateTimeField(db_index=True, verbose_name="when")),
                ("actor_ref", models.UUIDField(db_index=True, null=True)),
                ("actor", models.CharField(max_length=254, verbose_name="who")),
                ("address", models.CharField(blank=True, max_length=64, verbose_name="from where")),
                ("action", models.CharField(db_index=True, max_length=32, verbose_name="action")),
                ("kind", models.CharField(db_index=True, max_length=100, verbose_name="kind")),
                ("subject_ref", models.CharField(blank=True, max_length=100)),
                ("subject", models.CharField(max_length=254, verbose_name="which")),
                ("changes", models.TextField(default="{}", verbose_name="changes")),
                ("previous", models.CharField(max_length=64)),
                ("hash", models.CharField(max_length=64, verbose_name="hash")),
            ],
            options={"verbose_name": "audit entry", "verbose_name_plural": "audit log", "ordering": ("-number",)},
        ),
        migrations.CreateModel(
            name="AuditHead",
            fields=[
                (
                    "id",
                    models.PositiveSmallIntegerField(default=1, editable=False, primary_key=True, serialize=False),
                ),
                ("number", models.PositiveBigIntegerField(default=0)),
                ("hash", models.CharField(default="0" * 64, max_length=64)),
            ],
            options={"constraints": (models.CheckConstraint(condition=models.Q(("id", 1)), name="audit_head_is_one"),)},
        ),
        migrations.CreateModel(
            name="SiteDay",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField()),
                ("model", models.CharField(max_length=100)),
                ("currency", models.CharField(blank=True, max_length=3)),
                ("simulated", models.BooleanField(default=False)),
                ("part", models.PositiveSmallIntegerField()),
                *((name, models.PositiveBigIntegerField(default=0)) for name in SUMS[:-1]),
                ("cost", AmountField(decimal_places=9, default=0, max_digits=18)),
            ],
            options={
                "constraints": (
                    models.UniqueConstraint(
                        fields=("day", "model", "currency", "simulated", "part"), name="one_site_rollup_a_part"
                    ),
                )
            },
        ),
        migrations.RunPython(add_up, migrations.RunPython.noop),
    )
