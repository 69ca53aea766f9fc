"""Serve this front end on its own port, as a web server before it or on another host would.

    python serve.py --site http://127.0.0.1:8000            one host: what is not here comes from the site, with cookies
    python serve.py --site http://127.0.0.1:8000 --apart    another host: it calls the API of the site, with a token

For trying it out. It sends the strict Content-Security-Policy that the front end is made for.
"""

from __future__ import annotations

import argparse
from http.client import HTTPConnection
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

FOLDER = Path(__file__).resolve().parent
FILES = {"/": "index.html"} | {
    f"/{file.name}": file.name for file in FOLDER.iterdir() if file.suffix in {".css", ".js", ".svg"}
}
OF_ONE_HOP = {"connection", "keep-alive", "transfer-encoding", "server", "date"}  # headers that are not passed on


class FrontEnd(SimpleHTTPRequestHandler):
    """`site` is the address of the site, `apart` whether this stands on a host of its own."""

    site: str
    apart: bool
    extensions_map = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", "": "text/html"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, directory=str(FOLDER), **kwargs)

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if path in FILES:
            self.send_file(FILES[path])
        else:
            self.pass_on()

    def do_PUT(self) -> None:
        self.pass_on()

    do_POST = do_DELETE = do_OPTIONS = do_PUT

    def send_file(self, name: str) -> None:
        content = (FOLDER / name).read_bytes()
        policy = "default-src 'self'; base-uri 'none'; object-src 'none'; require-trusted-types-for 'script'"
        if self.apart:
            policy += f"; connect-src {self.site}"
            if name == "index.html":  # as it is written for another host
                for start in (b'content="/', b'href="/'):
                    content = content.replace(start, start[:-1] + self.site.encode() + b"/")
        self.send_response(200)
        self.send_header("Content-Type", self.extensions_map[Path(name).suffix if name != "index.html" else ""])
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Content-Security-Policy", policy)
        self.end_headers()
        self.wfile.write(content)

    def pass_on(self) -> None:
        """To the site, as it came, and back; apart, there is nothing else here."""
        if self.apart:
            self.send_error(404)
            return
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        connection = HTTPConnection(urlsplit(self.site).netloc, timeout=30)
        try:
            headers = {name: value for name, value in self.headers.items() if name.lower() not in OF_ONE_HOP}
            connection.request(self.command, self.path, body or None, headers)
            answer = connection.getresponse()
            content = answer.read()
        except OSError:
            self.send_error(502)
            return
        finally:
            connection.close()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in OF_ONE_HOP | {"content-length"}:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args: Any) -> None:
        """Nothing: who asks for what is nobody's business."""


def server(site: str, *, apart: bool, port: int = 0) -> ThreadingHTTPServer:
    """The front end before this site; a port of 0 is any that is free."""
    handler = type("FrontEndOfSite", (FrontEnd,), {"site": site.rstrip("/"), "apart": apart})
    return ThreadingHTTPServer(("127.0.0.1", port), handler)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--site", default="http://127.0.0.1:8000", help="the address of the site")
    options.add_argument("--port", default=8080, type=int)
    options.add_argument("--apart", action="store_true", help="call the API from another host, with a token")
    chosen = options.parse_args()
    print(f"http://127.0.0.1:{chosen.port}/", flush=True)
    server(chosen.site, apart=chosen.apart, port=chosen.port).serve_forever()


if __name__ == "__main__":
    main()
