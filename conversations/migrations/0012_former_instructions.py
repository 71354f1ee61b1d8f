"""Instructions that conversations had before, for answers that began with them."""

from __future__ import annotations

from django.db import migrations, models
from uuid_utils.compat import uuid7

import conversations.history.fields


class Migration(migrations.Migration):
    dependencies = (("conversations", "0011_audit"),)
    operations = (
        migrations.CreateModel(
            name="FormerInstructions",
            fields=[
                ("id", models.UUIDField(default=uuid7, editable=False, primary_key=True, serialize=False)),
                ("text", conversations.history.fields.SealedField()),
                ("until", models.DateTimeField(editable=False)),
                (
                    "conversation",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=models.deletion.CASCADE,
                        related_name="former_instructions",
                        to="conversations.conversation",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "former instructions",
                "indexes": [models.Index(fields=["conversation", "until"], name="former_instructions_by_time")],
            },
        ),
    )
