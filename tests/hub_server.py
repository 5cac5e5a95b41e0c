"""A model hub on 127.0.0.1: as much of it as a download needs, with faults on request.

Like the real one it answers `/<repo>/resolve/<revision>/<file>`, sends small files itself and
redirects large ones to a content server on another origin (here: another port).
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

REPO = "nvidia/segformer-b0-finetuned-ade-512-512"
COMMIT = "c0ffee" + "0" * 34


@dataclass
class Request:
    """What a client asked for, and how many bytes of content it was sent."""

    method: str
    path: str
    range: str | None
    authorized: bool
    sent: int = 0


@dataclass
class Hub:
    """The hub's content and its faults; `requests` is what it saw."""

    small: dict[str, bytes]
    large: dict[str, bytes]
    cut_after: int | None = None  # Bytes of a large file after which the connection ends.
    damaged: str = ""  # Name of the file that arrives with a flipped bit.
    knows_ranges: bool = True
    gated: bool = False
    silent_proxy: bool = False  # Everything is answered by a page that is not the hub's.
    requests: list[Request] = field(default_factory=list[Request])
    endpoint: str = ""
    content_server: str = ""

    def downloads(self, name: str) -> list[Request]:
        """The transfers of a large file, without the redirects to them."""
        return [r for r in self.requests if r.method == "GET" and r.path == f"/content/{name}"]


def git_blob_id(content: bytes) -> str:
    """As `git hash-object` prints it."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


@contextmanager
def serve(hub: Hub) -> Iterator[Hub]:
    """Run the hub and its content server until the block ends."""

    class Handler(_Handler):
        served = hub

    servers = [ThreadingHTTPServer(("127.0.0.1", 0), Handler) for _ in range(2)]
    hub.endpoint, hub.content_server = (f"http://127.0.0.1:{s.server_port}" for s in servers)
    threads = [threading.Thread(target=s.serve_forever, args=(0.02,)) for s in servers]
    for thread in threads:
        thread.start()
    try:
        yield hub
    finally:
        for server, thread in zip(servers, threads, strict=True):
            server.shutdown()
            thread.join()
            server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    served: Hub

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def log_message(self, format: str, *args: object) -> None:
        """Keep the test's output clean."""

    def _answer(self) -> None:
        hub = self.served
        authorized = self.headers["Authorization"] is not None
        request = Request(self.command, self.path, self.headers["Range"], authorized)
        hub.requests.append(request)
        name = self.path.rpartition("/")[2]
        if hub.silent_proxy:
            self._send(request, 200, b"<html>Log in</html>", {})
        elif self.path == f"/content/{name}":
            self._send(request, 200, hub.large[name], {})
        elif self.path not in {f"/{REPO}/resolve/{rev}/{name}" for rev in ("main", COMMIT)}:
            self._send(request, 404, b"", {"X-Error-Code": "RepoNotFound"})
        elif hub.gated:
            self._send(request, 403, b"", {"X-Error-Code": "GatedRepo"})
        elif name in hub.small:
            etag = f'"{git_blob_id(hub.small[name])}"'
            self._send(request, 200, hub.small[name], {"X-Repo-Commit": COMMIT, "ETag": etag})
        elif name in hub.large:
            self._send(request, 302, b"", self._link(name))
        else:
            self._send(request, 404, b"", {"X-Error-Code": "EntryNotFound"})

    def _link(self, name: str) -> dict[str, str]:
        content = self.served.large[name]
        return {
            "Location": f"{self.served.content_server}/content/{name}",
            "X-Repo-Commit": COMMIT,
            "X-Linked-Etag": f'"{hashlib.sha256(content).hexdigest()}"',
            "X-Linked-Size": str(len(content)),
            # An invitation to another protocol and another host, which is to be declined.
            "X-Xet-Hash": "0" * 64,
            "Link": f'<{self.served.endpoint}/xet-read-token>; rel="xet-auth"',
        }

    def _send(self, request: Request, status: int, content: bytes, headers: dict[str, str]) -> None:
        hub = self.served
        body = content
        transfer = request.path.startswith("/content/")
        if hub.damaged and body and request.path.endswith(f"/{hub.damaged}"):
            body = bytes([body[0] ^ 1]) + body[1:]
        if transfer and request.range and hub.knows_ranges:
            start = int(request.range.removeprefix("bytes=").removesuffix("-"))
            headers |= {"Content-Range": f"bytes {start}-{len(body) - 1}/{len(body)}"}
            status, body = 206, body[start:]
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if request.method == "HEAD":
            return
        if transfer and hub.cut_after is not None:
            body = body[: hub.cut_after]
            self.close_connection = True
        try:
            for start in range(0, len(body), 1 << 16):
                request.sent += self.wfile.write(body[start : start + (1 << 16)])
        except ConnectionError:
            self.close_connection = True  # The client has gone: it cancelled.
