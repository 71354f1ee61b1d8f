"""The audit log: every administrative change, each entry chained to the one before by its hash."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class AppendOnly(TypeError):
    """Somebody tried to change or remove an entry of the audit log."""


class AuditEntries(models.QuerySet["AuditEntry"]):
    """Refuses what would change entries. Who writes to the database by other means is found out by the chain."""

    def update(self, **columns: Any) -> int:
        raise AppendOnly("The audit log is append-only.")

    def delete(self) -> tuple[int, dict[str, int]]:
        raise AppendOnly("The audit log is append-only.")


class AuditEntry(models.Model):
    """Append-only. Outlives the people whom it names: without foreign keys. Holds neither texts nor keys."""

    number = models.PositiveBigIntegerField(_("number"), primary_key=True)
    """From 1, without gaps."""
    at = models.DateTimeField(_("when"), db_index=True)
    actor_ref = models.UUIDField(null=True, db_index=True)
    """None when it was no person: a command, the system."""
    actor = models.CharField(_("who"), max_length=254)
    """The e-mail address at that time, or what else acted."""
    address = models.CharField(_("from where"), max_length=64, blank=True)
    action = models.CharField(_("action"), max_length=32, db_index=True)
    kind = models.CharField(_("kind"), max_length=100, db_index=True)
    """`app.model`, or a word for what is no row."""
    subject_ref = models.CharField(max_length=100, blank=True)
    subject = models.CharField(_("which"), max_length=254)
    changes = models.TextField(_("changes"), default="{}")
    """JSON, as it was hashed: `{column: [old, new]}`, texts or null."""
    previous = models.CharField(max_length=64)
    """The hash of the entry before; 64 zeros for the first."""
    hash = models.CharField(_("hash"), max_length=64)

    objects: ClassVar[models.Manager[AuditEntry]] = AuditEntries.as_manager()

    class Meta:
        ordering = ("-number",)
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit log")

    def __str__(self) -> str:
        return f"{self.number}: {self.action} {self.kind} {self.subject}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise AppendOnly("The audit log is append-only.")
        super().save(*args, force_insert=True)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise AppendOnly("The audit log is append-only.")


class AuditHead(models.Model):
    """The last entry's number and hash. Its one row is locked while an entry is added, so that the chain never forks;
    and it tells that entries are missing at the end.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    number = models.PositiveBigIntegerField(default=0)
    hash = models.CharField(max_length=64, default="0" * 64)

    class Meta:
        constraints = (models.CheckConstraint(condition=models.Q(id=1), name="audit_head_is_one"),)

    def __str__(self) -> str:
        return f"audit log up to {self.number}"
