"""A client of the web that talks to public addresses only, wherever a name or a redirection leads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tunec.compiler.reach import beyond_url, is_private_answer

if TYPE_CHECKING:
    import aiohttp


class PrivateAddress(Exception):
    """What was asked for lies on this machine or in a private network."""


async def public_client(loop: Any, **settings: Any) -> aiohttp.ClientSession:
    """A session for fsspec. Raises PrivateAddress from its requests."""
    import aiohttp
    from yarl import URL

    class Public(aiohttp.ThreadedResolver):
        """Names to addresses; what is asked is what was looked up, so that a second answer changes nothing."""

        async def resolve(self, host: str, port: int = 0, family: Any = 0) -> Any:
            found = await super().resolve(host, port, family)
            if any(is_private_answer(item["host"]) for item in found):
                raise PrivateAddress(f"{host} stands for an address of this machine or of a private network")
            return found

    async def redirected(session: Any, context: Any, step: Any) -> None:
        target = step.url.join(URL(step.response.headers.get("Location", "")))
        if beyond_url(str(target)) is not None:
            raise PrivateAddress("it is redirected to an address of this machine or of a private network")

    trace = aiohttp.TraceConfig()
    trace.on_request_redirect.append(redirected)
    connector = aiohttp.TCPConnector(resolver=Public())
    return aiohttp.ClientSession(connector=connector, trace_configs=[trace], **settings)
