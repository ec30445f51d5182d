"""Who a commit is by, and when: git's own variables, else git's configuration, else this tool itself."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from gitops_golden.errors import InputError
from gitops_golden.git.model import Signature, Signatures

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_RAW_DATE = re.compile(r"@?(\d{1,12}) ([+-])(\d\d)(\d\d)")
_CRUD = str.maketrans("", "", "<>\n\r\0")


def signatures(environ: Mapping[str, str], config: Callable[[str], str | None], now: datetime) -> Signatures:
    """Return author and committer as git finds them (git-commit: "COMMIT INFORMATION").

    ``config`` gives the value of a key of git's configuration. ``now``, which knows its offset, is the time
    unless ``GIT_AUTHOR_DATE`` or ``GIT_COMMITTER_DATE`` says otherwise. Raises :class:`InputError` for a date
    that can't be read.
    """
    return Signatures(_signature("author", environ, config, now), _signature("committer", environ, config, now))


def _signature(role: str, environ: Mapping[str, str], config: Callable[[str], str | None], now: datetime) -> Signature:
    prefix = f"GIT_{role.upper()}"
    names = (environ.get(f"{prefix}_NAME"), config(f"{role}.name"), config("user.name"))
    emails = (
        environ.get(f"{prefix}_EMAIL"),
        config(f"{role}.email"),
        config("user.email"),
        environ.get("EMAIL"),
    )
    date = environ.get(f"{prefix}_DATE")
    return Signature(
        _first(names) or "gitops-golden",
        _first(emails) or "gitops-golden@localhost",
        _date(date, f"{prefix}_DATE", now) if date else now,
    )


def _first(candidates: tuple[str | None, ...]) -> str:
    """Return the first one that isn't empty, without what would break a commit's header."""
    clean = ((candidate or "").translate(_CRUD).strip() for candidate in candidates)
    return next(filter(None, clean), "")


def _date(text: str, variable: str, now: datetime) -> datetime:
    """Read git's internal format, ISO 8601 or RFC 2822 (git-commit: "DATE FORMATS").

    A date without an offset takes that of ``now``.
    """
    try:
        if raw := _RAW_DATE.fullmatch(text.strip()):
            seconds, sign, hours, minutes = raw.groups()
            offset = timedelta(hours=int(hours), minutes=int(minutes))
            zone = timezone(-offset if sign == "-" else offset)
            return datetime.fromtimestamp(int(seconds), UTC).astimezone(zone)
        when = datetime.fromisoformat(text) if text[:4].isdigit() else parsedate_to_datetime(text)
    except (ValueError, OverflowError) as error:
        raise InputError(
            f"{variable} is no date: {text[:40]!r}",
            remedy="write it as 2026-01-31T12:00:00+00:00 or @1769860800 +0000",
        ) from error
    return when if when.tzinfo else when.replace(tzinfo=now.tzinfo)
