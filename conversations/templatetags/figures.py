"""`{{ value|figure:unit }}`: a figure in its unit, as the person reads it."""

from __future__ import annotations

from decimal import Decimal

from django import template
from django.contrib.humanize.templatetags.humanize import intcomma
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from conversations.accounting.chart import COUNT, PERCENT, SECONDS, TOKENS, Figure

register = template.Library()


@register.filter
def figure(value: Figure, unit: str = COUNT) -> str:
    """`unit` as in `Chart.unit`. What is not known is a dash; money is shown by the cent, and small amounts by the
    digits that they have."""
    if value is None:
        return "–"  # noqa: RUF001 - a dash for the eye
    if unit in (COUNT, TOKENS):
        return str(intcomma(value))
    if unit == PERCENT:
        return _("{number} %").format(number=_rounded(value, 1))
    if unit == SECONDS:
        return _("{number} s").format(number=_rounded(value, 2))
    return f"{_rounded(value, _places(Decimal(value)))} {unit}"


def _rounded(value: Decimal | float, places: int) -> str:
    # Django's own function cuts off.
    exact = value if isinstance(value, Decimal) else Decimal(str(value))
    return str(number_format(round(exact, places), places, force_grouping=True))


def _places(amount: Decimal) -> int:
    """A cent of a cent matters in the price of one answer and not in that of a month."""
    steps = ((Decimal(10), 2), (Decimal("0.01"), 4), (Decimal("0.00001"), 6))
    return 2 if amount == 0 else next((places for least, places in steps if abs(amount) >= least), 9)
