"""Say who a visitor would be, and why, without being one: for developers, and for other programs."""

from __future__ import annotations

import difflib
import json
import math
import sys
from datetime import datetime
from typing import Any, NoReturn

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone, translation

from ...conf import settings
from ...core.decision import MATCHING, Reason
from ...core.preference import Mode, Preference
from ...models import Segment
from ...visit.explaining import ExplainedFact, ExplainedSegment, explained_facts, explained_segments
from ...visit.simulation import MEMORY, CannotSimulate, Described, SimulatedVisit
from ..answering import WRONG_USE, AnsweringCommand

EXIT = {True: 0, False: 1, None: 2}

ANSWERS = {True: "yes", False: "no", None: "can't tell"}
REASONS = {
    Reason.MATCHED: "matched",
    Reason.NOT_MATCHED: "not matched",
    Reason.UNKNOWN: "can't tell",
    Reason.REFUSED: "refused by the visitor",
    Reason.LEARNING: "matched, but only counted: the segment is in learning mode",
}


class Command(AnsweringCommand):
    help = (
        "Say for a visit that you describe which live segments it is in, with every rule's own answer and the facts "
        "behind it. Ends with 0; with --segment, 0 if it is in that segment, 1 if not, 2 if that can't be told, and 3 "
        "if the question can't be put."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--ip", default="", help="the visitor's internet address")
        parser.add_argument("--user-agent", default="", help="what their browser says it is")
        parser.add_argument("--referrer", default="", help="the address of the page that they come from")
        parser.add_argument("--path", default="/", help="the path of the page that they ask for (default: %(default)s)")
        parser.add_argument("--query", default="", help="what its address says after the question mark")
        parser.add_argument("--host", default="", help="the host name of the site (default: that of the default site)")
        parser.add_argument("--language", default="", help="their browser's languages, as in Accept-Language")
        parser.add_argument(
            "--header",
            action="append",
            default=[],
            metavar="NAME: VALUE",
            help="any other request header; may be given several times",
        )
        parser.add_argument("--at", default="", help="the date and time, such as 2026-04-18T22:30 (default: now)")
        parser.add_argument("--intent", default="", help="the slug of the intent that they have told us")
        parser.add_argument("--user", default="", help="the name of the account that they are signed in with")
        parser.add_argument(
            "--memory",
            default="",
            metavar="JSON",
            help=f"what their browser keeps from before, with the keys {', '.join(MEMORY)}",
        )
        parser.add_argument("--facts", default="", metavar="JSON", help="facts by name, which need not be read then")
        parser.add_argument(
            "--preference",
            choices=[str(choice) for choice in (Preference.ALLOWED, Preference.REFUSED)],
            default=str(Preference.ALLOWED),
            help="what they have chosen about adapting (default: %(default)s)",
        )
        parser.add_argument("--segment", metavar="SLUG", help="only this segment")
        parser.add_argument("--format", choices=["text", "json"], default="text", help="default: %(default)s")

    def handle(self, *args: Any, **options: Any) -> None:
        slug = options["segment"]
        with translation.override(None if options["format"] == "text" else "en"):
            try:
                refuse_unwritable(options)
                visit = SimulatedVisit(described(options))
                if slug is not None:
                    refuse_unless_live(slug, visit)
                segments = list(explained_segments(visit, None if slug is None else [slug]))
                facts = explained_facts(visit)
                told = as_json(visit, segments, facts) if options["format"] == "json" else None
                text = json.dumps(told, indent=2, ensure_ascii=False, allow_nan=False) if told else None
                self.stdout.write(text or as_text(visit, segments, facts))
            except CannotSimulate as error:
                raise CommandError(str(error), returncode=WRONG_USE) from None
            except CommandError:
                raise
            except Exception as error:  # whatever it is, it must not end with the code of an answer
                message = f"That can't be told ({type(error).__name__}: {error})."
                raise CommandError(message, returncode=WRONG_USE) from error
        if slug is not None and (code := EXIT[answer_of(segments)]):
            sys.exit(code)


def refuse_unwritable(options: dict[str, Any]) -> None:
    """Raise CannotSimulate for bytes that are no UTF-8, which a shell passes on as halves of characters."""
    for name, value in options.items():
        for text in value if isinstance(value, list) else [value]:
            if isinstance(text, str) and any("\ud800" <= letter <= "\udfff" for letter in text):
                raise CannotSimulate(f"--{name.replace('_', '-')} is not UTF-8.")


def described(options: dict[str, Any]) -> Described:
    """The visit that the options describe. Raises CannotSimulate."""
    headers = {}
    for line in options["header"]:
        name, colon, value = line.partition(":")
        if not colon or not name.strip():
            raise CannotSimulate(f"--header {line!r}: write it as 'Name: value'.")
        headers[name.strip()] = value.strip()
    return Described(
        path=options["path"],
        query=options["query"],
        ip=options["ip"],
        user_agent=options["user_agent"],
        referrer=options["referrer"],
        language=options["language"],
        headers=headers,
        at=options["at"],
        intent=options["intent"],
        host=options["host"],
        user=account(options["user"]) if options["user"] else None,
        memory=json_object("memory", options["memory"]),
        facts=json_object("facts", options["facts"]),
        preference=Preference(options["preference"]),
    )


def json_object(option: str, text: str) -> dict[str, Any]:
    try:
        data = json.loads(text or "{}", parse_constant=_refuse_number, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        raise CannotSimulate(f"--{option} is not JSON: {error}. Write it as '{{\"name\": value}}'.") from None
    if not isinstance(data, dict):
        raise CannotSimulate(f"--{option} is {type(data).__name__}. Write it as '{{\"name\": value}}'.")
    return data


def _refuse_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number of JSON")


def _finite(text: str) -> float:
    if not math.isfinite(number := float(text)):
        raise ValueError(f"{text} is too large a number")
    return number


def account(name: str) -> Any:
    from django.contrib.auth import get_user_model

    model = get_user_model()
    user = model._default_manager.filter(**{model.USERNAME_FIELD: name}).first()
    if user is None:
        raise CannotSimulate(f"There is no account {name!r}.")
    return user


def refuse_unless_live(slug: str, visit: SimulatedVisit) -> None:
    if settings.MODE is Mode.OFF:
        raise CommandError("The setting MODE is 'off', so nobody is in any segment.", returncode=WRONG_USE)
    if slug in visit.ruleset.segments:
        return
    if visit.ruleset.paused:
        raise CommandError("Personalisation is paused, so nobody is in any segment.", returncode=WRONG_USE)
    if Segment.objects.filter(slug=slug).exists():
        raise CommandError(f"Segment {slug!r} is not live, so nobody is in it.", returncode=WRONG_USE)
    near = difflib.get_close_matches(slug, visit.ruleset.segments, n=1)
    hint = (
        f"Did you mean {near[0]!r}?" if near else f"The live ones are: {', '.join(visit.ruleset.segments) or 'none'}."
    )
    raise CommandError(f"There is no segment {slug!r}. {hint}", returncode=WRONG_USE)


def answer_of(segments: list[ExplainedSegment]) -> bool | None:
    """Whether the visit is in the one segment that was asked; None where it can't be told."""
    reason = segments[0].reason if segments else Reason.UNKNOWN
    if reason in MATCHING:
        return True
    return False if reason in (Reason.NOT_MATCHED, Reason.LEARNING) else None


def as_json(visit: SimulatedVisit, segments: list[ExplainedSegment], facts: list[ExplainedFact]) -> dict[str, Any]:
    return {
        "at": visit.local_time.isoformat(),
        "preference": str(visit.preference),
        "off": settings.MODE is Mode.OFF,
        "paused": visit.ruleset.paused,
        "segments": [
            {
                "slug": segment.slug,
                "name": segment.name,
                "matched": segment.reason in MATCHING,
                "reason": str(segment.reason),
                "match": segment.match,
                "rules": [
                    {
                        "type": rule.rule_type,
                        "sentence": rule.sentence,
                        "answer": rule.answer,
                        "asks": list(rule.asks),
                        **({"problem": rule.problem} if rule.problem else {}),
                    }
                    for rule in segment.rules
                ],
                **({"problems": list(segment.problems)} if segment.problems else {}),
            }
            for segment in segments
        ],
        "facts": [
            {
                "name": fact.name,
                "meaning": fact.meaning,
                "value": portable(fact.value),
                "from": fact.source,
                **({"refused": True} if fact.refused else {}),
            }
            for fact in facts
        ],
    }


def portable(value: Any) -> Any:
    """A fact's value as JSON holds it."""
    if isinstance(value, datetime):
        return timezone.localtime(value, timezone.get_default_timezone()).isoformat()
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, dict):
        return {str(key): portable(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [portable(item) for item in value]
    return str(value)


def as_text(visit: SimulatedVisit, segments: list[ExplainedSegment], facts: list[ExplainedFact]) -> str:
    choice = "allows" if visit.preference is Preference.ALLOWED else "has refused"
    lines = [f"At {visit.local_time:%Y-%m-%d %H:%M %Z}, of a visitor who {choice} that pages adapt."]
    if settings.MODE is Mode.OFF:
        lines.append(
            "The setting MODE is 'off': nobody is in any segment. This is how it would be if the site adapted."
        )
    if visit.ruleset.paused:
        lines.append("Personalisation is paused: nobody is in any segment.")
    elif not segments:
        lines.append("No segment is live.")
    for segment in segments:
        lines += ["", f"{segment.slug}: {REASONS[segment.reason]}"]
        if len(segment.rules) > 1:
            lines.append(f"  {'any' if segment.match == Segment.ANY else 'all'} of these:")
        for rule in segment.rules:
            asks = f" [{', '.join(rule.asks)}]" if rule.asks else ""
            lines.append(f"  {ANSWERS[rule.answer]}: {rule.sentence}{asks}")
        lines += [f"  ! {problem}" for problem in segment.problems]
    if facts:
        lines += ["", "What this was told from:"]
    for fact in facts:
        if fact.refused:
            value = "not looked at, since the visitor refused"
        elif fact.value is None:
            value = "can't be told"
        else:
            value = json.dumps(portable(fact.value), ensure_ascii=False)
        how = "as" if fact.source.startswith("given") else "from"
        lines.append(f"  {fact.name}: {value} ({how} {fact.source})")
    return "\n".join(lines)
