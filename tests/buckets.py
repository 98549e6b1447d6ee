"""A server on this machine that speaks S3, behind a wire that counts what crosses it and can be cut."""

from __future__ import annotations

import logging
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

#: Credentials as s3fs finds them; the server takes any. The secret is looked for in what is written and said.
SECRET = "canary-of-a-secret"
_WRITES = (b"PUT ", b"POST ", b"DELETE ")


@dataclass
class Wire:
    """Carries connections to a server. `up` and `down` count bytes, `requests` what was asked, `writes` what of that
    changes anything; after `most` bytes up it is cut, for every connection, until that is None again."""

    server: int
    port: int = 0
    up: int = 0
    down: int = 0
    requests: int = 0
    writes: int = 0
    most: int | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def is_cut(self) -> bool:
        """Whether nothing gets through."""
        return self.most is not None and self.up >= self.most

    def accept(self, listener: socket.socket) -> None:
        """Carry connections until the listener is closed."""
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            if self.is_cut:
                near.close()
                continue
            far = socket.create_connection(("127.0.0.1", self.server))
            for source, target, is_up in ((near, far, True), (far, near, False)):
                threading.Thread(target=self._carry, args=(source, target, is_up), daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket, is_up: bool) -> None:
        with suppress(OSError):
            while part := source.recv(1 << 16):
                with self._lock:
                    left = len(part) if self.most is None else max(0, self.most - self.up)
                    if is_up:
                        part = part[:left]
                        self.up += len(part)
                        self.requests += part.startswith((b"GET ", b"HEAD ", *_WRITES))
                        self.writes += part.startswith(_WRITES)
                    else:
                        self.down += len(part)
                if self.is_cut and not part:
                    break
                target.sendall(part)
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


@contextmanager
def bucket(name: str = "team") -> Iterator[Wire]:
    """A server with a bucket, as long as the block lasts. The environment leads s3fs to it, here and in processes that
    are started."""
    import boto3
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    listener = socket.create_server(("127.0.0.1", 0))
    wire = Wire(port, listener.getsockname()[1])
    thread = threading.Thread(target=wire.accept, args=(listener,), daemon=True)
    thread.start()
    said = {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{wire.port}",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_MAX_ATTEMPTS": "2",
        "NO_PROXY": "127.0.0.1",
    }
    before = {key: os.environ.get(key) for key in said}
    os.environ.update(said)
    try:
        boto3.client("s3").create_bucket(Bucket=name)
        yield wire
    finally:
        for key, value in before.items():
            os.environ.pop(key) if value is None else os.environ.update({key: value})
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        server.stop()
