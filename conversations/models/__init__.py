"""What is stored. One noun a file."""

from conversations.models.alert import Alert, AlertDelivery
from conversations.models.attachment import Attachment, SentAttachment
from conversations.models.audit import AuditEntry, AuditHead
from conversations.models.balance import BalanceMark, BalanceReading
from conversations.models.budget import Budget, BudgetUse, Reservation
from conversations.models.call_hour import CallHour
from conversations.models.continuation import Continuation
from conversations.models.conversation import Conversation
from conversations.models.draft import Draft
from conversations.models.duty import Duty
from conversations.models.folder import Folder
from conversations.models.former_instructions import FormerInstructions
from conversations.models.generation import Checkpoint, Generation
from conversations.models.keyset import Keyset
from conversations.models.message import Message
from conversations.models.policy import Policy
from conversations.models.preset import Preset
from conversations.models.price import Holiday, PeakWindow, Price
from conversations.models.review import Pause, ReviewCase
from conversations.models.site_day import SiteDay
from conversations.models.summary import Summary
from conversations.models.upstream_call import UpstreamCall, UsageDay
from conversations.models.watch_rules import WatchRules

__all__ = [
    "Alert",
    "AlertDelivery",
    "Attachment",
    "AuditEntry",
    "AuditHead",
    "BalanceMark",
    "BalanceReading",
    "Budget",
    "BudgetUse",
    "CallHour",
    "Checkpoint",
    "Continuation",
    "Conversation",
    "Draft",
    "Duty",
    "Folder",
    "FormerInstructions",
    "Generation",
    "Holiday",
    "Keyset",
    "Message",
    "Pause",
    "PeakWindow",
    "Policy",
    "Preset",
    "Price",
    "Reservation",
    "ReviewCase",
    "SentAttachment",
    "SiteDay",
    "Summary",
    "UpstreamCall",
    "UsageDay",
    "WatchRules",
]
