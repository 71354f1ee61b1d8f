"""What is stored. One noun a file."""

from conversations.models.attachment import Attachment, SentAttachment
from conversations.models.continuation import Continuation
from conversations.models.conversation import Conversation
from conversations.models.draft import Draft
from conversations.models.generation import Checkpoint, Generation
from conversations.models.keyset import Keyset
from conversations.models.message import Message
from conversations.models.preset import Preset
from conversations.models.price import Holiday, PeakWindow, Price
from conversations.models.summary import Summary
from conversations.models.upstream_call import UpstreamCall, UsageDay

__all__ = [
    "Attachment",
    "Checkpoint",
    "Continuation",
    "Conversation",
    "Draft",
    "Generation",
    "Holiday",
    "Keyset",
    "Message",
    "PeakWindow",
    "Preset",
    "Price",
    "SentAttachment",
    "Summary",
    "UpstreamCall",
    "UsageDay",
]
