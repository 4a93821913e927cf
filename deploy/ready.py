"""Whether the bridge on this machine can take words: status 0 if so, else 1 and the reason.

The image's health check and Kubernetes' readiness probe; a bridge whose Langflow is away is ready, since what it hears is
kept. Needs nothing that is installed: ``python -IS ready.py``.
"""

import http.client
import os


def main() -> None:
    """Ask the private listener's ``/readyz`` as the bridge's own environment says where it is."""
    port = int(_set("BRIDGE_ADMIN_PORT") or 8081)
    token = _set("BRIDGE_ADMIN_TOKEN")
    host = _set("BRIDGE_ADMIN_HOST")
    here = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - asked, not bound
    listener = http.client.HTTPConnection(here, port, timeout=4)
    try:
        listener.request("GET", "/readyz", headers={"Authorization": f"Bearer {token}"} if token else {})
        answer = listener.getresponse()
    except (OSError, http.client.HTTPException) as error:
        raise SystemExit(f"no answer on port {port}: {error}") from None
    if answer.status != http.client.OK:
        raise SystemExit(f"/readyz answers {answer.status}")


def _set(name: str) -> str:
    """A variable without what is left around it; the bridge reads it the same way."""
    return os.environ.get(name, "").strip().strip("\"'").strip()


if __name__ == "__main__":
    main()
