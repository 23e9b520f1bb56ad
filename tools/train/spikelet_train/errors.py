"""Errors that a user can act on."""


class TrainingError(Exception):
    """Something the user gave is wrong: the message says what, where, and what to do.

    `code` is stable, so that scripts can tell the cases apart.
    """

    def __init__(self, code: str, message: str):
        super().__init__(message)
        self.code = code
