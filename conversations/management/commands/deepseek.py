"""`manage.py deepseek`: what an operator runs when answers do not come."""

from __future__ import annotations

import asyncio
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from conversations.deepseek import (
    ChatMessage,
    ChatRequest,
    DeepSeekClient,
    End,
    ReasoningDelta,
    TextDelta,
    UpstreamError,
)
from conversations.deepseek.diagnosis import balance_in_words, diagnose, explained
from conversations.services.upstreams import Place, places_of

THINKING = ("off", "low", "high", "max")


class Command(BaseCommand):
    help = "Ask the upstreams: does everything work, which models are there, what is the balance, what do they answer?"
    requires_system_checks: list[str] = []  # the upstreams are what is checked

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        for name, what in (
            ("check", "go the way of a question step by step; status 1 at the first step that fails"),
            ("models", "list the models on offer"),
            ("balance", "show the account's balance"),
            ("ask", "put a question and show the answer as it comes; it is not stored"),
        ):
            action = actions.add_parser(name, help=what, description=what)
            action.add_argument("--upstream", metavar="NAME", help="one of the upstreams; default: the first, or all")
            if name in ("check", "ask"):
                action.add_argument("--model", help="what the upstream calls it; default: the site's default model")
            if name == "ask":
                action.add_argument("question")
                action.add_argument("--thinking", choices=THINKING, default="off")
            action.set_defaults(work=getattr(self, f"_{name}"))

    def handle(self, *_: Any, **options: Any) -> None:
        if settings.ENVIRONMENT.demo:
            self._tell_demo(settings.ENVIRONMENT.simulator_url)
        try:
            asyncio.run(options["work"](self._places(options["upstream"]), options))
        except UpstreamError as error:
            raise CommandError("\n".join(explained(error))) from None

    def _tell_demo(self, simulator_url: str) -> None:
        if not simulator_url:
            raise CommandError(
                "No DEEPSEEK_API_KEY is set: this site is in demo mode, with a simulator inside of its server.\n"
                "Set DEEPSEEK_API_KEY, or DEEPSEEK_API_KEY_FILE, and ask again."
            )
        self.stderr.write("No DEEPSEEK_API_KEY is set: this site is in demo mode, and the simulator answers.")

    def _places(self, name: str | None) -> list[Place]:
        places = places_of(settings.ENVIRONMENT)
        chosen = [place for place in places if name in (None, place.name)]
        if not chosen:
            raise CommandError(f"There is no upstream {name}. There are: {', '.join(place.name for place in places)}.")
        return chosen

    async def _check(self, places: list[Place], options: dict[str, Any]) -> None:
        failed = [place.name for place in places if not await self._works(place, options["model"] or place.model)]
        if failed:
            raise CommandError(f"Not everything works: {', '.join(failed)}.")

    async def _works(self, place: Place, model: str) -> bool:
        self.stdout.write(f"{place.name} at {place.base_url}")
        fine = True
        async with place.client() as client:
            found = diagnose(client, place.base_url, model, account=place.is_deepseek, has_key=bool(place.key))
            async for finding in found:
                self.stdout.write(f"  {finding.step:<11} {'ok' if finding.fine else 'FAILED':<7} {finding.said}")
                if finding.advice:
                    self.stdout.write(f"{'':22}{finding.advice}")
                fine = finding.fine
        return fine

    async def _models(self, places: list[Place], options: dict[str, Any]) -> None:
        async with places[0].client() as client:
            for model in await client.models():
                window = f"{model.context_window:,} tokens" if model.context_window else "window not told"
                self.stdout.write(f"{model.id:<30} {window}")

    async def _balance(self, places: list[Place], options: dict[str, Any]) -> None:
        async with places[0].client() as client:
            balance = await client.balance()
        self.stdout.write(balance_in_words(balance))
        if not balance.is_available:
            raise CommandError("The balance is not enough for calls. Top up the account.")

    async def _ask(self, places: list[Place], options: dict[str, Any]) -> None:
        request = ChatRequest(
            model=options["model"] or places[0].model,
            messages=[ChatMessage("user", options["question"])],
            thinking=options["thinking"],
        )
        async with places[0].client() as client:
            await self._show(client, request)

    async def _show(self, client: DeepSeekClient, request: ChatRequest) -> None:
        async with client.stream(request) as stream:
            async for batch in stream:
                for event in batch:
                    if isinstance(event, TextDelta):
                        self.stdout.write(event.text, ending="")
                    elif isinstance(event, ReasoningDelta):
                        self.stderr.write(event.text, ending="")
                    elif isinstance(event, End):
                        self._tell_end(event)
                self.stdout.flush()

    def _tell_end(self, end: End) -> None:
        self.stdout.write("")
        if end.error is not None:
            raise end.error
        used = f", {end.usage.prompt_tokens} + {end.usage.completion_tokens} tokens" if end.usage else ""
        self.stderr.write(f"[{end.kind}, {end.model or 'model not told'}{used}] {end.note}".rstrip())
