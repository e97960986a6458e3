"""How long something took or will take, as said to people."""


def duration(seconds: float) -> str:
    """Seconds below two minutes, hours from two on, minutes between."""
    if seconds < 120:
        return f"{seconds:.0f} seconds"
    return f"{seconds / 60:.0f} minutes" if seconds < 7200 else f"{seconds / 3600:.1f} hours"
