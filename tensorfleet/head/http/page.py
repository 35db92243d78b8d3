"""The few plain pages the head writes itself: no script, nothing from elsewhere, readable without the web interface."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from html import escape
from typing import Final

from aiohttp import web

STYLE: Final = """
:root { color-scheme: light dark }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
code, pre { font: 0.9em/1.4 ui-monospace, monospace }
h1 { font-size: 1.5rem } h2 { font-size: 1.2rem; margin-top: 2.5rem; border-bottom: 1px solid #8886 }
h3 { font-size: 1rem; margin: 1.5rem 0 0.3rem }
table { border-collapse: collapse; margin: 0.5rem 0 }
td { text-align: left; vertical-align: top; padding: 0.15rem 1rem 0.15rem 0 }
.method { display: inline-block; min-width: 4rem; font-weight: 700 } .soft { opacity: 0.7 }
button { font: inherit; padding: 0.5rem 1.5rem }
nav a { margin-right: 1rem }
"""

POLICY: Final = (
    f"default-src 'none'; style-src 'sha256-{b64encode(sha256(STYLE.encode()).digest()).decode()}'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def page(title: str, body: str, status: int = 200) -> web.Response:
    """`body` is HTML; whatever of it came from outside has been escaped."""
    text = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body>{body}</body></html>"
    )
    response = web.Response(text=text, status=status, content_type="text/html")
    response.headers["Content-Security-Policy"] = POLICY
    return response
