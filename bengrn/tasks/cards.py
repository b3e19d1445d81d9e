"""Every score that a record can hold and that is no metric of one ranking: its card."""

from bengrn.enrichment.cards import ENRICHMENT_CARDS
from bengrn.metrics.cards import COMPAT_CARDS, LIFT_CARDS
from bengrn.metrics.metric import ScoreCard

__all__ = ["SCORE_CARDS", "cards_named"]

SCORE_CARDS: tuple[ScoreCard, ...] = (*LIFT_CARDS, *COMPAT_CARDS, *ENRICHMENT_CARDS)


def cards_named(name: str) -> list[ScoreCard]:
    """Return the cards of a name: none of a metric's, two where a score is both strict and compat."""
    return [card for card in SCORE_CARDS if card.name == name]
