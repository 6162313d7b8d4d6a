"""A local server that speaks the OpenAI protocol over HTTP and misbehaves on request."""

from __future__ import annotations

import json
import random
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from zlib import crc32

# What can go wrong with a call, in the order in which shares are drawn.
FAULTS = (
    "rate limit",
    "server error",
    "slow",
    "dropped",
    "cut",
    "not HTTP",
    "truncated",
    "prose",
    "outside",
    "too few",
    "too many",
    "strange id",
    "filtered",
)


def right_label(title: str, labels: list[str]) -> str:
    """What the server answers for a title when it behaves."""
    return labels[crc32(title.encode()) % len(labels)]


@dataclass
class Recorded:
    """One request as it arrived, and what the server did with it."""

    titles: tuple[str, ...]
    fault: str | None
    time: float
    body: dict[str, Any]
    authorization: str | None
    status: int = 200


@dataclass
class FaultServer:
    """The server's behaviour and its memory.

    Faults are drawn from the seed, the titles of a request and how often just these were asked,
    so that they do not depend on the order in which requests arrive.
    """

    shares: Mapping[str, float] = field(default_factory=dict)
    seed: int = 0
    delay: float = 0.0
    slowness: float = 3.0
    key: str | None = None
    retry_after: str = "0"
    always: Mapping[str, str] = field(default_factory=dict)
    # From this request on, counted from 1, everything fails so.
    from_request: tuple[int, str] | None = None
    # So many calls are let through in so many seconds.
    limit: int | None = None
    window: float = 1.0
    # Tokens of reasoning that a reply is charged with and does not show.
    hidden: int = 0
    requests: list[Recorded] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    url: str = ""

    def choose(self, titles: tuple[str, ...]) -> str | None:
        if self.limit is not None:
            since = time.monotonic() - self.window
            let_through = [each for each in self.requests if each.fault != "rate limit"]
            if sum(each.time > since for each in let_through) >= self.limit:
                return "rate limit"
        if self.from_request is not None and len(self.requests) + 1 >= self.from_request[0]:
            return self.from_request[1]
        for title in titles:
            if title in self.always:
                return self.always[title]
        times = sum(request.titles == titles for request in self.requests)
        drawn = random.Random(f"{self.seed} {times} {titles}").random()
        for fault in FAULTS:
            drawn -= self.shares.get(fault, 0.0)
            if drawn < 0:
                return fault
        return None

    @property
    def asked(self) -> Counter[str]:
        return Counter(title for request in self.requests for title in request.titles)

    def count(self) -> int:
        with self.lock:
            return len(self.requests)


def _schema(body: Mapping[str, Any]) -> dict[str, Any]:
    """Find the schema wherever the client put it: format, tool or prompt."""
    if "tools" in body:
        return body["tools"][0]["function"]["parameters"]
    given = body.get("response_format") or {}
    if given.get("type") == "json_schema":
        return given["json_schema"]["schema"]
    for message in body["messages"]:
        for line in str(message["content"]).splitlines():
            if '"properties"' in line:
                return json.loads(line)
    raise ValueError("there is no schema")


def _answers(server: FaultServer, body: Mapping[str, Any], fault: str | None) -> str:
    fields = _schema(body)["properties"]["answers"]["items"]["properties"]
    entries = [
        {"id": asked["id"]}
        | {
            name: right_label(asked["title"], kind["enum"])
            for name, kind in fields.items()
            if name != "id"
        }
        for asked in _asked(body)
    ]
    target = next(name for name in fields if name != "id")
    # The title that is to fail, or else the first.
    culprit = next((n for n, one in enumerate(_asked(body)) if one["title"] in server.always), 0)
    if fault == "outside":
        entries[culprit][target] = "Wizard"
    elif fault == "too few":
        entries.pop(culprit)
    elif fault == "too many":
        entries.append(entries[culprit])
    elif fault == "strange id":
        entries[-1]["id"] = 1
    # Answers need not come in the order of the questions.
    random.Random(server.seed).shuffle(entries)
    text = json.dumps({"answers": entries}, ensure_ascii=False)
    if fault == "truncated":
        return text[: len(text) // 2]
    if fault == "prose":
        return "I am sorry, I would rather not."
    if fault == "filtered":
        return ""
    return text


def _asked(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in body["messages"][-1]["content"].splitlines()]


def _handler(server: FaultServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            pass

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            titles = tuple(asked["title"] for asked in _asked(body))
            given = self.headers.get("Authorization")
            with server.lock:
                fault = server.choose(titles)
                request = Recorded(titles, fault, time.monotonic(), body, given)
                server.requests.append(request)
            if not self.path.endswith("/chat/completions"):
                self.send(404, {"error": {"message": "there is nothing here"}})
                return
            if server.key is not None and given != f"Bearer {server.key}":
                self.send(401, {"error": {"message": f"the key in '{given}' is wrong"}})
                return
            time.sleep(server.delay)
            if fault == "rate limit":
                request.status = 429
                after = server.retry_after
                if after == "date":
                    after = format_datetime(datetime.now(UTC), usegmt=True)
                name = "Retry-After-Ms" if after.endswith("ms") else "Retry-After"
                headers = {name: after.removesuffix("ms")}
                self.send(429, {"error": {"message": "slow down"}}, headers)
            elif fault in ("server error", "bad request", "no such model", "out of money"):
                status = {"server error": 500, "bad request": 400, "no such model": 404}
                request.status = status.get(fault, 402)
                self.send(request.status, {"error": {"message": f"this is a {fault}"}})
            elif fault == "dropped":
                self.drop()
            elif fault == "not HTTP":
                self.send_text(200, '{"id": "chatcmpl-1", "choi')
            else:
                if fault == "slow":
                    time.sleep(server.slowness)
                self.send(200, self.completion(body, fault), cut=fault == "cut")

        def completion(self, body: dict[str, Any], fault: str | None) -> dict[str, Any]:
            text = _answers(server, body, fault)
            message: dict[str, Any] = {"role": "assistant", "content": text}
            finish = {"truncated": "length", "filtered": "content_filter"}.get(fault or "", "stop")
            if "tools" in body:
                function = {"name": body["tools"][0]["function"]["name"], "arguments": text}
                call = {"id": "call_1", "type": "function", "function": function}
                message = {"role": "assistant", "content": None, "tool_calls": [call]}
            received = len(text) // 4 + server.hidden
            sent = sum(len(str(each["content"])) for each in body["messages"]) // 4
            return {
                "id": "chatcmpl-1",
                "object": "chat.completion",
                "created": 1700000000,
                "model": body["model"],
                "choices": [{"index": 0, "message": message, "finish_reason": finish}],
                "usage": {
                    "prompt_tokens": sent,
                    "completion_tokens": received,
                    "total_tokens": sent + received,
                },
            }

        def send(
            self,
            status: int,
            content: object,
            headers: Mapping[str, str] | None = None,
            cut: bool = False,
        ) -> None:
            self.send_text(status, json.dumps(content), headers, cut)

        def send_text(
            self,
            status: int,
            text: str,
            headers: Mapping[str, str] | None = None,
            cut: bool = False,
        ) -> None:
            data = text.encode()
            try:
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                for name, value in (headers or {}).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(data[: len(data) // 2] if cut else data)
                self.wfile.flush()
            except OSError:
                # The client did not wait.
                self.close_connection = True
            if cut:
                self.drop()

        def drop(self) -> None:
            """Reset the connection instead of closing it politely."""
            self.close_connection = True
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.connection.close()

    return Handler


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, *_: object) -> None:
        pass


@contextmanager
def serve(**behaviour: Any) -> Iterator[FaultServer]:
    """Run a fault server on a free local port."""
    server = FaultServer(**behaviour)
    http = _Quiet(("127.0.0.1", 0), _handler(server))
    server.url = f"http://127.0.0.1:{http.server_address[1]}/v1"
    thread = threading.Thread(target=http.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()
        thread.join()
