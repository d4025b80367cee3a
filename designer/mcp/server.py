"""The server: the tools over the SDK of the protocol, on stdin and stdout and nothing else."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from catalogs import Catalog
from catalogs.errors import InputError
from designer.mcp.folder import Folder
from designer.mcp.tools import TOOLS, answer


def made(folder: Folder, facts: Catalog) -> Any:
    """A server of the SDK; raises InputError where that is not installed."""
    try:
        import anyio.to_thread
        import mcp_types as types
        from mcp.server.lowlevel.server import Server
    except ImportError:
        raise InputError(
            "designer mcp needs the SDK of the protocol: pip install 'mlsys-designer[mcp]'"
        ) from None
    from designer import __version__

    async def tools(context: Any, asked: Any) -> Any:
        listed = [
            types.Tool(
                name=t.name,
                description=t.description,
                input_schema=t.input_schema,
                output_schema=t.output_schema,
            )
            for t in TOOLS
        ]
        return types.ListToolsResult(tools=listed)

    async def call(context: Any, asked: Any) -> Any:
        try:
            found = await anyio.to_thread.run_sync(answer, asked.name, asked.arguments or {}, folder, facts)
        except InputError as e:
            lines = "\n".join(str(p) for p in e.problems)
            return types.CallToolResult(content=[types.TextContent(type="text", text=lines)], is_error=True)
        text = types.TextContent(type="text", text=json.dumps(found))
        return types.CallToolResult(content=[text], structured_content=found)

    return Server("designer", version=__version__, on_list_tools=tools, on_call_tool=call)


def serve(root: Path, facts: Catalog) -> None:
    """Answer on stdin and stdout until the other side hangs up; only files of a folder are read."""
    folder = Folder(root)
    server = made(folder, facts)
    import anyio
    from mcp.server.stdio import stdio_server

    # What a launch line or an override names is taken from here.
    os.chdir(folder.root)

    async def run() -> None:
        async with stdio_server() as (read, write):
            await server.run(read, write, server.create_initialization_options())

    anyio.run(run)
