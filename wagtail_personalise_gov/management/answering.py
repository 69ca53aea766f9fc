"""Commands whose exit code is an answer, so that another one has to say that the question could not be put."""

from __future__ import annotations

from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandParser

WRONG_USE = 3  # exit code; argparse's own is 2, which may be an answer


class AnsweringCommand(BaseCommand):
    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """One that ends with our code for wrong use."""
        parser = super().create_parser(prog_name, subcommand, **kwargs)
        leave = parser.exit

        def exit_with(status: int = 0, message: str | None = None) -> NoReturn:
            leave(WRONG_USE if status else 0, message)

        parser.exit = exit_with  # type: ignore[method-assign]
        return parser
