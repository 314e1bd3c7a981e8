"""An LMS that takes a fixed time for each call and does nothing else: `python -m tests.bench.slow_platform PORT SECONDS KIND`.

It keeps the newest score of each person and lists them: all at once (moodle, other) or in pages of at most 100 (canvas).
`GET /counts` says how many calls of each kind there were, how many at most at the same time, and when the first came.
"""

import json
import sys
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


class Platform(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, port, seconds, kind):
        super().__init__(("127.0.0.1", port), Handler)
        self.seconds, self.kind = seconds, kind
        self.lock = threading.Lock()
        self.scores, self.counts = {}, Counter()
        self.under_way = self.most = 0
        self.first_at = None


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *args):
        pass

    def do_GET(self):
        asked = urlsplit(self.path)
        if asked.path == "/counts":
            board = self.server
            return self.answer({**board.counts, "most": board.most, "first_at": board.first_at})
        return self.slowly("results", lambda: self.results(parse_qs(asked.query)))

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/token":
            return self.slowly("token", lambda: self.answer({"access_token": "t", "expires_in": 3600}))
        return self.slowly("scores", lambda: self.score(json.loads(body)))

    def slowly(self, what, work):
        board = self.server
        began = time.monotonic()
        with board.lock:
            board.counts[what] += 1
            board.under_way += 1
            board.most = max(board.most, board.under_way)
            board.first_at = board.first_at or time.time()
        time.sleep(max(0.0, board.seconds - (time.monotonic() - began)))
        with board.lock:
            board.under_way -= 1
        work()

    def score(self, body):
        self.server.scores[body["userId"]] = {
            "userId": body["userId"],
            "resultScore": body["scoreGiven"],
            "resultMaximum": body["scoreMaximum"],
        }
        self.answer(None)

    def results(self, asked):
        rows = list(self.server.scores.values())
        if "user_id" in asked:
            return self.answer([row for row in rows if row["userId"] == asked["user_id"][0]])
        if self.server.kind != "canvas":
            return self.answer(rows)
        size, page = min(int(asked.get("limit", ["10"])[0]), 100), int(asked.get("page", ["1"])[0])
        more = page * size < len(rows)
        url = f"http://localhost:{self.server.server_port}/item/results?limit={size}&page={page + 1}"
        return self.answer(rows[(page - 1) * size : page * size], link=f'<{url}>; rel="next"' if more else "")

    def answer(self, value, link=""):
        content = b"" if value is None else json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        if link:
            self.send_header("Link", link)
        self.end_headers()
        self.wfile.write(content)


if __name__ == "__main__":
    Platform(int(sys.argv[1]), float(sys.argv[2]), sys.argv[3]).serve_forever()
