"""Times as users read them."""

from __future__ import annotations

from datetime import datetime


def clock(time: datetime) -> str:
    """Local time of day, with the date unless it is today's."""
    time = time.astimezone()
    return f"{time:%H:%M}" if time.date() == datetime.now().date() else f"{time:%d %b %H:%M}"
