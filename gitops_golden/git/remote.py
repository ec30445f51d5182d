"""A repository behind a URL: a branch fetched into a bare clone and pushed back."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pygit2
from pygit2.enums import CredentialType, FetchPrune

from gitops_golden.git.failure import git_failures

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gitops_golden.git.location import Url

_CONNECT_MILLISECONDS = 30_000
_SILENCE_MILLISECONDS = 120_000
_HELPER_SECONDS = 60
_REMOTE = "origin"
_ACCESS = "check the URL, and that git itself can reach it: `git ls-remote URL`"
_MAX_WORDS = 2000


class Remote:
    """The one remote of a bare clone. Raises :class:`OutsideError` when it can't be reached."""

    def __init__(self, repository: pygit2.Repository, url: Url, environ: Mapping[str, str]) -> None:
        self._url = url
        self._environ = environ
        self._repository = repository
        self._remote = repository.remotes.create(_REMOTE, url.text)
        repository.config[f"remote.{_REMOTE}.tagOpt"] = "--no-tags"
        # Settings of the library, not of a connection: a server that says nothing must not hold us for ever.
        pygit2.settings.server_connect_timeout = _CONNECT_MILLISECONDS
        pygit2.settings.server_timeout = _SILENCE_MILLISECONDS

    def fetch(self, branch: str) -> None:
        """Make the local branch what the remote's is; gone if it has none."""
        refspec = f"+refs/heads/{branch}:refs/heads/{branch}"
        with git_failures(f"fetching from {self._url}", remedy=_ACCESS, redact=self._url.redact):
            self._remote.fetch([refspec], callbacks=self._conversation(), prune=FetchPrune.PRUNE)

    def tip(self, branch: str) -> str | None:
        """Return the id of the branch's last commit there, without fetching it; ``None`` if it has no such branch."""
        with git_failures(f"asking {self._url} for its branches", remedy=_ACCESS, redact=self._url.redact):
            # A remote that has been connected once answers from what it heard then.
            remote = self._repository.remotes.create_anonymous(self._url.text)
            heads = remote.list_heads(callbacks=self._conversation())
        return next((str(head.oid) for head in heads if head.name == f"refs/heads/{branch}"), None)

    def push(self, branch: str) -> str:
        """Push the local branch; return why it was refused, in the server's words, or nothing."""
        conversation = self._conversation()
        try:
            self._remote.push([f"refs/heads/{branch}"], callbacks=conversation)
        except (pygit2.GitError, OSError) as error:
            return self._url.redact(str(error))
        if not conversation.refusal:
            return ""
        return self._url.redact(": ".join(filter(None, (conversation.refusal, conversation.words))))

    def _conversation(self) -> _Conversation:
        return _Conversation(self._url, self._environ)


class _Conversation(pygit2.RemoteCallbacks):
    """One connection: who we are, and what the server said."""

    def __init__(self, url: Url, environ: Mapping[str, str]) -> None:
        super().__init__()
        self.refusal = ""
        self.words = ""
        self._url = url
        self._environ = environ
        self._tried: set[CredentialType] = set()

    def sideband_progress(self, string: str) -> None:
        """Keep what hooks of the server print: the reason of a refusal stands there."""
        self.words = (self.words + string)[-_MAX_WORDS:].strip("\r")

    def push_update_reference(self, refname: str, message: str | None) -> None:
        """Note a reference that the server didn't take."""
        del refname
        self.refusal = message or self.refusal

    def credentials(
        self, url: str, username_from_url: str | None, allowed_types: CredentialType
    ) -> pygit2.Username | pygit2.UserPass | pygit2.Keypair:
        """Return each kind of credential once; asked again, it was refused."""
        user = username_from_url or "git"
        if self._first(CredentialType.USERNAME, allowed_types):
            return pygit2.Username(user)
        if self._first(CredentialType.SSH_KEY, allowed_types):
            return pygit2.KeypairFromAgent(user)
        if self._first(CredentialType.USERPASS_PLAINTEXT, allowed_types):
            found = _from_helpers(url, self._environ)
            if found:
                return pygit2.UserPass(*found)
        raise pygit2.GitError("no credentials, or they were refused")

    def _first(self, kind: CredentialType, allowed: CredentialType) -> bool:
        if not kind & allowed or kind in self._tried:
            return False
        self._tried.add(kind)
        return True


def _from_helpers(url: str, environ: Mapping[str, str]) -> tuple[str, str] | None:
    """Return user and password as git's credential helpers have them (git-credential), without a terminal."""
    silent = {**environ, "GIT_TERMINAL_PROMPT": "0"}
    try:
        answer = subprocess.run(
            ["git", "credential", "fill"],  # noqa: S607 - the user's own git, with the helpers it is set up with
            input=f"url={url}\n\n",
            env=silent,
            capture_output=True,
            text=True,
            timeout=_HELPER_SECONDS,
            check=False,
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return None
    fields = dict(line.split("=", 1) for line in answer.splitlines() if "=" in line)
    user, password = fields.get("username"), fields.get("password")
    return (user, password) if user and password else None
