"""The Hugging Face hub: a client for one repository, and what it answers put into words.

The client library reads its settings when it is imported, so they are made here, before that.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from tunec.dsl.secrets import masked

if TYPE_CHECKING:
    from huggingface_hub import HfApi

Answer = TypeVar("Answer")

#: Seconds before each further attempt at a request that the library itself tries only once.
WAITS = (1.0, 4.0)
#: Answers after which the same request may succeed.
PASSING = (408, 429, 500, 502, 503, 504)
#: Somebody else changed the repository between our look and our commit.
OVERTAKEN = (409, 412)

#: The environment variable that holds the token, unless a spec names another.
TOKEN = "HF_TOKEN"
REPOSITORY = re.compile(r"[\w][\w.-]{0,95}/[\w][\w.-]{0,95}")
SETTINGS = {
    # Builds forbid the network; this command is there to use it.
    "HF_HUB_OFFLINE": "0",
    "TRANSFORMERS_OFFLINE": "0",
    # The token is the one in HF_TOKEN, never one that lies in a home folder.
    "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    # Its warnings name addresses that are signed for the upload.
    "HF_HUB_VERBOSITY": "critical",
}


class HubError(Exception):
    """The hub cannot be reached or refuses; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Hub:
    """A repository on the hub, as one user. `refusals` says what an answer means, by its status."""

    api: HfApi
    repository: str
    endpoint: str
    refusals: Mapping[int, str]

    def ask(self, what: str, request: Callable[[], Answer]) -> Answer:
        """Make a request, again after a failure that passes. Raises HubError."""
        for wait in (*WAITS, None):
            try:
                return request()
            except Exception as error:
                if wait is None or not passes(error):
                    self.explain(what, error)
                time.sleep(wait)
        raise AssertionError("the last attempt either answers or raises")

    def explain(self, what: str, error: Exception) -> NoReturn:
        """Raise a failure as a HubError, or as it is where it is none of the hub or the network."""
        said = status_of(error)
        if said is not None:
            reason = self.refusals.get(said, f"the hub answered {said}")
            if said >= 500:
                reason = f"the hub answered {said} again and again"
            said_so = self.hidden(_message(error))
            told = f" ({said_so})" if said_so else ""
            raise HubError(f"{what}: {reason}{told}") from error
        if is_network(error):
            raise HubError(f"{what}: no connection to {masked(self.endpoint)}: {self.hidden(_plain(error))}") from error
        if isinstance(error, LookupError | TypeError | AttributeError):
            said_so = f"{type(error).__name__}: {self.hidden(_plain(error))}"
            raise HubError(f"{what}: the hub gave an answer that cannot be read ({said_so})") from error
        if isinstance(error, ValueError | RuntimeError):
            # A card that the hub refuses, an answer that the library cannot read, a chunked upload that failed.
            raise HubError(f"{what}: {self.hidden(_plain(error))}") from error
        raise error

    def hidden(self, text: str) -> str:
        """A text of others without the token, or what else URLs in it may hold, should it repeat it."""
        token = str(self.api.token or "")
        return masked(text.replace(token, "***") if token else text)


def connect(repository: str) -> Hub:
    """The client for a repository. Raises HubError where there is no library or no token."""
    token = os.environ.get("HF_TOKEN", "").strip()
    if not token:
        raise HubError("there is no token: set HF_TOKEN to one with write access (huggingface.co/settings/tokens)")
    _prepare(SETTINGS)
    where = f"{repository} on {masked(_endpoint())}"
    refusals = {
        401: "the hub does not accept the token in HF_TOKEN",
        403: f"the token in HF_TOKEN may not write to {where}",
        404: f"there is no {where}, or no such branch, or the token in HF_TOKEN may not see it",
        409: f"{where} is being changed by somebody else: try again",
        412: f"{where} is being changed by somebody else: try again",
        413: f"the hub says that {where} gets too much at once",
        429: "the hub asks to wait before more is sent",
    }
    return _hub(repository, token, refusals)


def reader(repository: str, variable: str = TOKEN) -> Hub:
    """The client that reads a repository, with the token in an environment variable where there is one. Raises
    HubError, also where a variable that somebody named holds none."""
    token = os.environ.get(variable, "").strip()
    if not token and variable != TOKEN:
        raise HubError(f"the environment variable {variable} is not set")
    # Whether the rest of the build may use the network is not decided here.
    _prepare({k: v for k, v in SETTINGS.items() if not k.endswith("OFFLINE")})
    where = f"{repository} on {masked(_endpoint())}"
    # The hub says 401 of what is not there, too, so that nobody learns which private ones there are.
    private = (
        f"the hub does not accept the token in {variable}, or there is no {where}"
        if token
        else f"there is no {where}, or it is private: set HF_TOKEN to a token that may read it"
    )
    refusals = {
        401: private,
        403: f"{masked(_endpoint())}/datasets/{repository} wants its terms accepted first, "
        f"or {variable} may not read it",
        404: f"there is no {where}, or no such revision"
        + (f", or the token in {variable} may not see it" * bool(token)),
        429: "the hub asks to wait before more is read",
    }
    return _hub(repository, token, refusals)


def _endpoint() -> str:
    return (os.environ.get("HF_ENDPOINT") or "https://huggingface.co").rstrip("/")


def _prepare(settings: Mapping[str, str]) -> None:
    """Make the settings of the library. Raises HubError where there is none."""
    os.environ.update(settings)
    # Plain transfers, which any server of the protocol takes and which go on file by file; HF_HUB_DISABLE_XET=0 asks
    # for the chunked ones.
    os.environ.setdefault("HF_HUB_DISABLE_XET", "1")
    try:
        from huggingface_hub import constants
    except ImportError as error:
        raise HubError("huggingface_hub is not installed: pip install 'tunec[hub]'") from error
    # Where something imported the library before us, the environment came too late.
    constants.HF_HUB_OFFLINE = False
    constants.HF_HUB_DISABLE_IMPLICIT_TOKEN = True
    constants.HF_HUB_DISABLE_XET = os.environ["HF_HUB_DISABLE_XET"].strip().upper() in ("1", "ON", "YES", "TRUE")


def _hub(repository: str, token: str, refusals: Mapping[int, str]) -> Hub:
    from huggingface_hub import HfApi

    # Without a token none at all, rather than one that lies in a home folder.
    return Hub(
        HfApi(endpoint=_endpoint(), token=token or False, library_name="tunec"), repository, _endpoint(), refusals
    )


def status_of(error: BaseException) -> int | None:
    """The status of the answer behind a failure, also where the library wrapped it in one of its own."""
    from huggingface_hub.errors import HfHubHTTPError

    for cause in _causes(error):
        if isinstance(cause, HfHubHTTPError):
            return int(cause.response.status_code)
    return None


def is_network(error: BaseException) -> bool:
    """Whether the connection failed, rather than the hub or this program."""
    import huggingface_hub.errors

    # The library's own base of its failures; which package it comes from has changed between its versions.
    failure: Any = vars(huggingface_hub.errors)["HTTPError"]
    return any(isinstance(cause, failure | ConnectionError | TimeoutError) for cause in _causes(error))


def passes(error: BaseException) -> bool:
    """Whether the same request may succeed later."""
    said = status_of(error)
    # No JSON where the library reads JSON is the page of a proxy in between.
    return said in PASSING if said is not None else is_network(error) or isinstance(error, json.JSONDecodeError)


def _causes(error: BaseException) -> list[BaseException]:
    found = [error]
    while (cause := found[-1].__cause__) is not None:
        found.append(cause)
    return found


def _message(error: BaseException) -> str:
    """What the hub itself says about a refusal."""
    for cause in _causes(error):
        told = getattr(cause, "server_message", None)
        if told:
            return " ".join(str(told).split())
    return ""


def _plain(error: BaseException) -> str:
    deepest = _causes(error)[-1]
    return " ".join(str(deepest).split()) or type(deepest).__name__
