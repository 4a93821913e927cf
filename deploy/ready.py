"""Whether the bridge on this machine can take words: status 0 if so, else 1 and the reason.

The image's health check and Kubernetes' readiness probe; a bridge whose Langflow is away is ready, since what it hears is
kept. Needs nothing that is installed: ``python -IS ready.py``.
"""

import http.client
import os


def main() -> None:
    """Ask the private listener's ``/readyz`` as the bridge's own environment says where it is."""
    port = int(os.environ.get("BRIDGE_ADMIN_PORT") or 8081)
    token = os.environ.get("BRIDGE_ADMIN_TOKEN") or ""
    listener = http.client.HTTPConnection("127.0.0.1", port, timeout=4)
    try:
        listener.request("GET", "/readyz", headers={"Authorization": f"Bearer {token}"} if token else {})
        answer = listener.getresponse()
    except (OSError, http.client.HTTPException) as error:
        raise SystemExit(f"no answer on port {port}: {error}") from None
    if answer.status != http.client.OK:
        raise SystemExit(f"/readyz answers {answer.status}")


if __name__ == "__main__":
    main()
