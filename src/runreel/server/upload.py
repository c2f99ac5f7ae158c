"""Taking bytes from requests into a store."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from starlette.requests import Request

from runreel.model.scope import Scope
from runreel.storage.port import BlobWriter, FileStore

# What arrives is handed to another thread in parts of about this size: the disk must not hold up other requests.
_PART_BYTES = 1024 * 1024


@asynccontextmanager
async def uploaded(request: Request, files: FileStore, scope: Scope) -> AsyncGenerator[BlobWriter]:
    """Give the body of a request as a writer that has taken all of it; what is not committed is dropped at the end."""
    upload = await asyncio.to_thread(files.begin_upload, scope)
    try:
        part = bytearray()
        async for chunk in request.stream():
            part += chunk
            if len(part) >= _PART_BYTES:
                await asyncio.to_thread(upload.write, bytes(part))
                part.clear()
        await asyncio.to_thread(upload.write, bytes(part))
        yield upload
    finally:
        await asyncio.to_thread(upload.close)
