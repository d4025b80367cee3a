"""The server, asked by the SDK's own client over stdin and stdout, where the SDK is installed."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

import pytest

from designer.schemas import schema_of

mcp = pytest.importorskip("mcp", reason="the SDK of the protocol is not installed (extra mcp)")
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]


async def asked(folder: Path) -> tuple[Any, Any, Any]:
    server = mcp.StdioServerParameters(
        command=sys.executable, args=["-m", "designer", "mcp", "--folder", str(folder)]
    )
    async with mcp.Client(server) as client:
        tools = (await client.list_tools()).tools
        good = await client.call_tool("evaluate", {"scenario": "llama-3.1-70b-chat", "design": "tp=8"})
        bad = await client.call_tool("check", {"scenario": "../x.yaml"})
    return tools, good, bad


def test_the_client_of_the_sdk(tmp_path: Path) -> None:
    tools, good, bad = asyncio.run(asked(tmp_path))
    by = {t.name: t for t in tools}
    assert {"plan", "explain", "evaluate", "size", "catalog", "check"} <= set(by)
    assert by["plan"].output_schema == schema_of("plan")
    assert not good.is_error and good.structured_content["design"]["tp"] == 8
    assert bad.is_error and "outside" in bad.content[0].text
