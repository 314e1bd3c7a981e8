"""How much of a file is looked at before it is refused."""

from dataclasses import dataclass

from assessments.peer.files.outcomes import Reason, Refused

MIB = 1024**2


@dataclass(frozen=True)
class Limits:
    """`most_bytes` as handed in; `most_unpacked` of everything inside together; `most_xml` of one XML part;
    `most_pixels` of one picture with all its frames; `most_parts` members of a package or objects of a PDF, in hundreds of the
    latter.
    """

    most_bytes: int = 50 * MIB
    most_unpacked: int = 250 * MIB
    most_xml: int = 16 * MIB
    most_pixels: int = 50_000_000
    most_parts: int = 3_000


class Budget:
    """Counts what is unpacked, while it is unpacked."""

    def __init__(self, most: int) -> None:
        self.left = most

    def spend(self, count: int) -> None:
        self.left -= count
        if self.left < 0:
            raise Refused(Reason.UNPACKS_TOO_LARGE)
