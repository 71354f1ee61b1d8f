"""Every change that an administrator makes to a row goes into the audit log, whichever page, list action or inline form
it came from: the rows themselves say so when they are saved and deleted below an administrative request.

What changes without saving rows (`QuerySet.update`, `bulk_create`) says so itself, by `services.audit.record`.
"""

from __future__ import annotations

from typing import Any

from django.contrib.admin import AdminSite
from django.db.models import Model, QuerySet
from django.db.models.signals import m2m_changed, post_delete, post_save, pre_save

from chatsite.accounts import acting
from conversations.admin.facts import FactAdmin
from conversations.services import audit

_BEFORE = "_before_audited_change"


def connect(site: AdminSite) -> None:
    """Watch all models of which the admin adds or changes rows. Those that are only looked at cost nothing, and keep
    Django's short way of deleting many rows.
    """
    for model, model_admin in site._registry.items():
        if _is_only_looked_at(model_admin):
            continue
        label = model._meta.label_lower
        pre_save.connect(_remember, sender=model, dispatch_uid=f"audit.remember.{label}")
        post_save.connect(_saved, sender=model, dispatch_uid=f"audit.saved.{label}")
        post_delete.connect(_deleted, sender=model, dispatch_uid=f"audit.deleted.{label}")
        for field in model._meta.many_to_many:
            through: Any = field.remote_field.through
            m2m_changed.connect(_linked, sender=through, dispatch_uid=f"audit.linked.{through._meta.label_lower}")


def _is_only_looked_at(model_admin: Any) -> bool:
    kind = type(model_admin)
    return isinstance(model_admin, FactAdmin) and (kind.has_add_permission, kind.has_change_permission) == (
        FactAdmin.has_add_permission,
        FactAdmin.has_change_permission,
    )


def _remember(sender: type[Model], instance: Model, raw: bool = False, **_rest: Any) -> None:
    if acting.current() is None or raw:
        return
    before = None if instance._state.adding else sender._base_manager.filter(pk=instance.pk).first()
    setattr(instance, _BEFORE, before)


def _saved(sender: type[Model], instance: Model, created: bool, raw: bool = False, **_rest: Any) -> None:
    actor = acting.current()
    if actor is None or raw:
        return
    before: Model | None = instance.__dict__.pop(_BEFORE, None)
    # Read again: an unsaved value may be an expression, or a text that the column turns into a number.
    after = sender._base_manager.get(pk=instance.pk)
    old = audit.columns_of(before) if before is not None else None
    audit.record(actor, audit.ADDED if created else audit.CHANGED, after, old, audit.columns_of(after))


def _deleted(sender: type[Model], instance: Model, origin: Any = None, **_rest: Any) -> None:
    actor = acting.current()
    # What goes along with another row is part of that row's end.
    started_here = origin.model is sender if isinstance(origin, QuerySet) else origin is None or type(origin) is sender
    if actor is not None and started_here:
        audit.record(actor, audit.DELETED, instance, audit.columns_of(instance))


def _linked(
    sender: type[Model], instance: Model, action: str, model: type[Model], pk_set: set[Any] | None, **_rest: Any
) -> None:
    actor = acting.current()
    if actor is None or action not in ("post_add", "post_remove", "pre_clear"):
        return
    field, others = _other_side(sender, instance, model)
    rows = others.all() if action == "pre_clear" else model._base_manager.filter(pk__in=pk_set or ())
    names = [str(row) for row in rows]
    if names:
        old, new = ({}, {field: names}) if action == "post_add" else ({field: names}, {})
        audit.record(actor, audit.CHANGED, instance, old, new)


def _other_side(through: type[Model], instance: Model, model: type[Model]) -> tuple[str, Any]:
    """The name of the relation as `instance` has it, and its rows."""
    for field in instance._meta.many_to_many:
        if field.remote_field.through is through:
            return field.name, getattr(instance, field.name)
    for field in model._meta.many_to_many:
        if field.remote_field.through is through:
            name = str(field.remote_field.get_accessor_name())
            return name, getattr(instance, name)
    raise LookupError(f"{through} links no {type(instance)}.")
