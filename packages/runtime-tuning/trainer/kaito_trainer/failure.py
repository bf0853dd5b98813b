"""Failures that a person can act on."""


class Failure(Exception):
    """What went wrong and what to do; `code` is stable, callers match on it."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
