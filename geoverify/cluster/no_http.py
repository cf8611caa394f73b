"""A preload for Dask's scheduler and workers (`--preload geoverify.cluster.no_http`): no pages, no metrics, no open HTTP port.

Without it each of them serves HTTP, the scheduler on all interfaces if nobody says otherwise, and `--no-dashboard` takes away the
dashboard's pages alone.
"""

from __future__ import annotations

from typing import Any


async def dask_setup(server: Any) -> None:
    """Close the HTTP server; called by Dask once it is started."""
    server.http_server.stop()
    await server.http_server.close_all_connections()
