"""Nothing that serves people may hold up the event loop."""

from tests.loop_watch import _blocks, _loop_is_free  # noqa: F401 - fixtures
