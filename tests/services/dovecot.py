"""Dovecot, Debian's IMAP server: with TLS by a certificate of its own, a mailbox for every name, and one password for all."""

import grp
import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from tests.services.running import free_port, launch, listens, terminate

PASSWORD = "geheim"

_SETTINGS = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
ssl = required
ssl_cert = <{folder}/cert
ssl_key = <{folder}/key
default_internal_user = {internal}
default_internal_group = {group}
default_login_user = {login}
mail_location = maildir:{folder}/mail/%u
first_valid_uid = 1
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={owner} gid={owners} home={folder}/mail/%u
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
}}
"""


class MailHost(msgspec.Struct, frozen=True, kw_only=True):
    """A server that answers on ``localhost``.

    Attributes:
        imaps: Its port for TLS from the first byte.
        imap: Its port for STARTTLS.
        certificate: What vouches for it.
    """

    imaps: int
    imap: int
    certificate: Path


def is_installed() -> bool:
    """Return whether Debian's program is there."""
    return _program() is not None


@contextmanager
def dovecot(folder: Path) -> Iterator[MailHost]:
    """Give a server that runs until the end of the block.

    Args:
        folder: An empty folder that every user of the machine may look into, with a short path: sockets are made in it.
    """
    program = _program()
    assert program is not None
    made = MailHost(imaps=free_port(), imap=free_port(), certificate=folder / "cert")
    _certify(folder)
    is_root = os.geteuid() == 0
    owner = pwd.getpwnam("nobody") if is_root else pwd.getpwuid(os.geteuid())
    mail = folder / "mail"
    mail.mkdir()
    os.chown(mail, owner.pw_uid, owner.pw_gid)
    settings = folder / "settings"
    settings.write_text(
        _SETTINGS.format(
            folder=folder,
            internal="dovecot" if is_root else owner.pw_name,
            login="dovenull" if is_root else owner.pw_name,
            group="dovecot" if is_root else grp.getgrgid(owner.pw_gid).gr_name,
            owner=owner.pw_uid,
            owners=owner.pw_gid,
            password=PASSWORD,
            imap=made.imap,
            imaps=made.imaps,
        )
    )
    pid = launch(
        [program, "-F", "-c", settings],
        folder=folder,
        answers=lambda: listens(made.imaps) and listens(made.imap),
    )
    try:
        yield made
    finally:
        terminate(pid)


def _program() -> str | None:
    return shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


def _certify(folder: Path) -> None:
    """Make a certificate of localhost's own, which nobody else vouches for."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost", "-keyout", str(folder / "key"), "-out", str(folder / "cert")],
        check=True,
        capture_output=True,
    )  # fmt: skip
