"""In which order a change takes hold of rows, so that no two wait for each other: round, then work or sheet, then review."""

from assessments.peer.models import PeerActivity


def hold(peer: PeerActivity) -> PeerActivity:
    """The round as it is now, until the end of the transaction. Others may still add rows that point at it."""
    return PeerActivity.objects.select_for_update(of=("self",), no_key=True).get(pk=peer.pk)
