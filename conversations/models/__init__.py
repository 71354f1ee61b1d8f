"""What is stored. One noun a file."""

from conversations.models.attachment import Attachment, SentAttachment
from conversations.models.conversation import Conversation
from conversations.models.generation import Checkpoint, Generation
from conversations.models.keyset import Keyset
from conversations.models.message import Message
from conversations.models.price import Holiday, PeakWindow, Price
from conversations.models.upstream_call import UpstreamCall, UsageDay

__all__ = [
    "Attachment",
    "Checkpoint",
    "Conversation",
    "Generation",
    "Holiday",
    "Keyset",
    "Message",
    "PeakWindow",
    "Price",
    "SentAttachment",
    "UpstreamCall",
    "UsageDay",
]
