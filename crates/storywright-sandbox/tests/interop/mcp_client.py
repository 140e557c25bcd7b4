"""The official Python client, version 2, as a program: lists a server's tools, calls some, and prints what came as JSON.

python mcp_client.py URL CREDENTIAL MODE TOOL ARGUMENTS [TOOL ARGUMENTS ...]; MODE is `auto` (the modern protocol first) or `legacy`.
"""

import asyncio
import json
import sys

import httpx2
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client


async def main(url, credential, mode, calls):
    async with httpx2.AsyncClient(headers={"Authorization": credential}, timeout=30) as http:
        async with Client(streamable_http_client(url, http_client=http), mode=mode) as client:
            tools = await client.list_tools()
            results = []
            for tool, arguments in calls:
                result = await client.call_tool(tool, json.loads(arguments))
                text = "".join(block.text for block in result.content)
                results.append({"tool": tool, "failed": bool(result.is_error), "text": text})
            names = [tool.name for tool in tools.tools]
            print(json.dumps({"protocol": client.protocol_version, "tools": names, "results": results}))


if __name__ == "__main__":
    url, credential, mode, *rest = sys.argv[1:]
    asyncio.run(asyncio.wait_for(main(url, credential, mode, list(zip(rest[::2], rest[1::2]))), 60))
