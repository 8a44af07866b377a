"""An endpoint for notifications, with Python alone. Run it with the secret: python3 receiver.py whsec_... 8099"""

import base64
import hmac
import json
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def genuine(secret: str, headers, body: bytes) -> bool:
    """Signed with our secret, and not older than five minutes."""
    id, at = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not at.isdecimal() or abs(time.time() - int(at)) > 300:
        return False
    key = base64.b64decode(secret.removeprefix("whsec_"))
    mark = base64.b64encode(hmac.digest(key, f"{id}.{at}.".encode() + body, "sha256"))
    signatures = headers.get("webhook-signature", "").encode().split()
    return any(hmac.compare_digest(b"v1," + mark, one) for one in signatures)


class Endpoint(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        good = genuine(sys.argv[1], self.headers, body)
        if good:
            for one in json.loads(body)["entry"][0]["resource"]["parameter"]:
                if one["name"] == "notification-event":
                    part = {part["name"]: part for part in one["part"]}
                    focus = part.get("focus", {}).get("valueReference", {}).get("reference", "-")
                    print(part["event-number"]["valueString"], focus, flush=True)
        self.send_response(204 if good else 401)  # 2xx: taken; anything else comes again
        self.end_headers()


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[2])), Endpoint).serve_forever()
