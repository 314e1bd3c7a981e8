"""What a file is called when it is given to peers: nothing of its own name is left."""


def public_name(index: int, extension: str) -> str:
    """“work-1.pdf”. `index` counts from 1 within one piece of work."""
    return f"work-{index}.{extension}"
