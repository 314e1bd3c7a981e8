"""The floor of a launch: a WSGI handler that redirects, verifies one RS256 token and commits one insert; nothing else."""

import json
import os
import secrets
import sqlite3
import threading
from urllib.parse import parse_qs, urlencode

import jwt

KEY = jwt.PyJWK(json.loads(os.environ["BENCH_PUBLIC_JWK"])).key
_local = threading.local()


def _database():
    if not hasattr(_local, "connection"):
        _local.connection = sqlite3.connect(os.environ["BENCH_DATABASE"], timeout=20, isolation_level=None)
        _local.connection.execute("PRAGMA journal_mode=WAL")
        _local.connection.execute("PRAGMA synchronous=FULL")
        _local.connection.execute("CREATE TABLE IF NOT EXISTS launch (id INTEGER PRIMARY KEY, sub TEXT)")
    return _local.connection


def application(environ, start_response):
    if environ["PATH_INFO"] == "/lti/login/":
        where = f"/auth?{urlencode({'state': secrets.token_urlsafe(), 'nonce': secrets.token_urlsafe()})}"
        start_response("302 Found", [("Location", where), ("Content-Length", "0")])
        return [b""]
    form = parse_qs(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)).decode())
    claims = jwt.decode(form["id_token"][0], KEY, algorithms=["RS256"], options={"verify_aud": False})
    _database().execute("INSERT INTO launch (sub) VALUES (?)", [claims["sub"]])
    start_response("200 OK", [("Content-Type", "text/html"), ("Content-Length", "14")])
    return [b"<h1>Hello</h1>"]
