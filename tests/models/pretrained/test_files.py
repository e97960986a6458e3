"""Files of weights: found, fetched from a real server with a certificate of its own, or told where to put."""

import hashlib
import http.server
import shutil
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from nars.errors import ModelError
from nars.models.pretrained.catalog import published_weights
from nars.models.pretrained.files import cached_path, download, find_file

CONTENT = bytes(range(256)) * 9000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NARS_WEIGHTS", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_the_cache_has_a_place_for_every_name(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mask = published_weights("FBNetV3a-DSMask-C4 COCO")
    assert cached_path(mask) == cache / "d2go/mask_rcnn_fbnetv3a_dsmask_C4.pth"
    monkeypatch.delenv("NARS_WEIGHTS")
    assert cached_path(mask) == Path.home() / ".cache/nars/weights/d2go/mask_rcnn_fbnetv3a_dsmask_C4.pth"


def test_a_file_that_was_put_there_is_taken(cache: Path) -> None:
    path = cache / "mobile_cv/fbnetv3_a.pth"
    path.parent.mkdir(parents=True)
    path.write_bytes(CONTENT)
    found = find_file("mobile_cv/fbnetv3_a")
    assert (found.path, found.sha256) == (path, None)
    assert found.published is not None
    assert found.published.network == "fbnetv3_a"
    assert find_file(f"mobile_cv/fbnetv3_a#sha256={SHA256}").sha256 == SHA256


def test_without_a_checksum_nothing_is_downloaded(cache: Path) -> None:
    with pytest.raises(ModelError) as caught:
        find_file("mobile_cv/fbnetv3_a")
    url = "https://dl.fbaipublicfiles.com/fbnet/models/20201201/GtOtfw/FBNetV3_A_f235707940/model.pth"
    assert str(caught.value) == (
        f"mobile_cv/fbnetv3_a: not downloaded, since no checksum of it is published; put {url} at "
        f"{cache}/mobile_cv/fbnetv3_a.pth, or pin it as mobile_cv/fbnetv3_a#sha256=DIGITS"
    )
    assert not cache.exists()


def test_a_pin_that_cannot_be_right() -> None:
    with pytest.raises(ModelError, match="its SHA-256 is published to start with ead5d2a1, got the pin 00000000"):
        find_file(f"timm/fbnetv3_b.ra2_in1k#sha256={'0' * 64}")


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("nowhere/w.pth", r"^nowhere/w.pth: there is no such weights file$"),
        ("./fbnetv3_b", "^fbnetv3_b: there is no such weights file$"),
        ("timm/fbnetv3_c.ra2_in1k", r"unknown weights 'timm/fbnetv3_c.ra2_in1k'; did you mean 'timm/fbnetv3_\w"),
        ("FBNetV3a-DSMask-C4", r"did you mean 'FBNetV3a-\w*-?C4 COCO'\?"),
        ("w.pth#sha256=12", r"with #sha256= and 64 digits or without, got 'w.pth#sha256=12'"),
        ("w.pth#md5=12", "must be none, a name or a path"),
    ],
)
def test_bad_sources(source: str, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        find_file(source)


def test_no_network_tells_address_and_place_at_once(cache: Path) -> None:
    url = "https://weights.invalid/w.pth"  # a name that no network has
    started_s = time.monotonic()
    with pytest.raises(ModelError) as caught:
        download(url, cache / "w.pth", sha256=SHA256)
    assert str(caught.value).startswith(f"{url} cannot be fetched (")
    assert str(caught.value).endswith(f"); put the file at {cache}/w.pth")
    assert time.monotonic() - started_s < 15
    assert list(cache.iterdir()) == []


class Files(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "/w.pth")
        elif self.path == "/unsafe":
            self.send_response(302)
            self.send_header("Location", f"http://localhost:{self.server.server_port}/w.pth")
        elif self.path in ("/w.pth", "/short"):
            self.send_response(200)
            self.send_header("Content-Length", str(len(CONTENT)))
        else:
            self.send_response(404)
        self.end_headers()
        if self.path in ("/w.pth", "/short"):
            self.wfile.write(CONTENT if self.path == "/w.pth" else CONTENT[:-9])

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    if shutil.which("openssl") is None:
        pytest.skip("openssl makes the server's certificate")
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    subprocess.run(
        [
            "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
            "-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(certificate),
        ],
        check=True, capture_output=True,
    )  # fmt: skip
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    monkeypatch.setenv("no_proxy", "localhost")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with http.server.ThreadingHTTPServer(("localhost", 0), Files) as served:
        served.socket = context.wrap_socket(served.socket, server_side=True)
        thread = threading.Thread(target=served.serve_forever)
        thread.start()
        yield f"https://localhost:{served.server_port}"
        served.shutdown()
        thread.join()


@pytest.mark.parametrize("page", ["w.pth", "moved"])
def test_download(server: str, cache: Path, page: str) -> None:
    download(f"{server}/{page}", cache / "a/w.pth", sha256=SHA256[:8])
    assert (cache / "a/w.pth").read_bytes() == CONTENT
    assert list((cache / "a").iterdir()) == [cache / "a/w.pth"]


@pytest.mark.parametrize(
    ("page", "sha256", "message"),
    [
        ("w.pth", "0" * 64, f"/w.pth: the SHA-256 must start with {'0' * 64}, got {SHA256}"),
        ("short", SHA256, f"/short: the SHA-256 must start with {SHA256}, got "),
        ("absent", SHA256, r"/absent cannot be fetched \(.*Not Found\); put the file at "),
        ("unsafe", SHA256, r"/unsafe cannot be fetched \(unknown url type: http\)"),
    ],
)
def test_what_is_not_right_is_not_kept(server: str, cache: Path, page: str, sha256: str, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        download(f"{server}/{page}", cache / "w.pth", sha256=sha256)
    assert list(cache.iterdir()) == []


def test_an_untrusted_server(server: str, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(ModelError, match="CERTIFICATE_VERIFY_FAILED"):
        download(f"{server}/w.pth", cache / "w.pth", sha256=SHA256)


def test_a_folder_that_cannot_be_made(server: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ModelError, match="put the file at"):
        download(f"{server}/w.pth", tmp_path / "file/w.pth", sha256=SHA256)
