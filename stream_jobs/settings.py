"""Every knob, read once from the environment and passed down."""

import os
from collections.abc import Mapping
from pathlib import Path

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from stream_jobs.domain.errors import SettingInvalid
from stream_jobs.domain.metrics import SMALL_GROUP
from stream_jobs.domain.priority import Priority

PREFIX = "STREAM_JOBS_"


class Settings(BaseSettings):
    """One field, one variable: `database_url` is STREAM_JOBS_DATABASE_URL."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    host: str = Field("127.0.0.1", description="Address the public port listens on; 0.0.0.0 for the network")
    port: int = Field(8000, ge=0, le=65535, description="Public port for HTTP and WebSocket; 0 picks a free one")
    ops_host: str = Field("127.0.0.1", description="Address of /livez, /readyz and /metrics")
    ops_port: int = Field(0, ge=0, le=65535, description="Port of /livez, /readyz and /metrics; 0 picks a free one")
    workers: int = Field(
        1, ge=1, le=64, description="Processes that listen on the public port; each holds 19,000 viewers"
    )
    public_url: str | None = Field(
        None, description="How the world reaches the server, such as https://jobs.example.cn; governs links and codes"
    )
    data: Path = Field(Path(".data"), description="Folder of embedded servers and generated keys")
    keys: Path | None = Field(None, description="Folder of the signing, master and pepper keys; default: data/keys")
    files_url: str | None = Field(
        None,
        description="Store of exports and files, s3://bucket/prefix and AWS_…; default: the folder data/files",
    )
    notices_url: str | None = Field(
        None, description="Gateway that texts telephones, https://…; default: messages appear in the terminal"
    )
    notices_secret: str | None = Field(
        None, repr=False, description="What its requests are signed with: whsec_ and base64 (Standard Webhooks)"
    )
    database_url: str | None = Field(None, description="PostgreSQL 18 or newer; default: an embedded server")
    valkey_url: str | None = Field(None, description="Valkey 9 or newer; default: an embedded server")
    database_pool_size: int = Field(10, ge=2, le=200, description="Connections per worker")
    trusted_proxies: int = Field(0, ge=0, le=5, description="Proxies in front whose X-Forwarded-For is believed")
    connection_token_seconds: int = Field(900, ge=60, le=86400, description="Life of a viewer's connection token")
    session_hours: int = Field(12, ge=1, le=720, description="Life of a signed-in session")
    max_frame_bytes: int = Field(16384, ge=1024, description="Largest frame a client sends; fifty signals take 12 KB")
    max_upload_bytes: int = Field(10 * 1024 * 1024, ge=65536, description="Largest workbook that is read")
    send_buffer_bytes: int = Field(65536, ge=4096, description="Kernel buffer per viewer: 0.27 MiB held, not 4")
    max_queued_bytes: int = Field(262144, ge=16384, description="Bytes waiting for one viewer before it is closed")
    io_uring: bool = Field(True, description="Rooms are written to by Linux's io_uring, where it is allowed")
    ping_seconds: float = Field(25, gt=0, description="Between pings to a viewer")
    pong_seconds: float = Field(10, gt=0, description="For a viewer to answer a ping")
    max_connections: int = Field(19000, ge=1, description="Sockets one process holds; it may open 20,000 files")
    connect_seconds: float = Field(10, gt=0, description="For a connection to send its connect command")
    poll_seconds: float = Field(5, gt=0, description="A room looks at the stage log at least this often")
    poll_unhealthy_seconds: float = Field(1, gt=0, description="The same while Valkey is away")
    effective_seconds: int = Field(
        10, ge=1, le=3600, description="How long a visit is connected on air to be an effective one"
    )
    small_group: int = Field(
        SMALL_GROUP,
        ge=1,
        le=100,
        description="Outcomes of fewer applicants are not told in a show's breakdowns, nor priority groups of fewer "
        f"(of fewer than {SMALL_GROUP}, whatever is set)",
    )
    priority_groups: str = Field(
        ",".join(Priority),
        description="Groups an applicant may say to belong to, for counting alone, parted by commas; empty asks nobody",
    )
    event_months: int = Field(
        24,
        ge=2,
        le=240,
        description="How long raw events (what viewers saw, opened, sent) are kept; visits, applications and sums stay",
    )
    retention_days: int = Field(
        365,
        ge=1,
        description="How long an applicant's data is kept, named in the consent; and who received a list of them",
    )
    resume_days: int = Field(180, ge=1, description="How long a résumé is kept after it was written")
    resume_file_bytes: int = Field(10 * 1024 * 1024, ge=1024, description="Largest résumé file that is taken")
    resume_files: int = Field(3, ge=0, le=20, description="Résumé files a device may send in a broadcast")
    upload_hours: int = Field(24, ge=1, le=168, description="How long an interrupted upload can be taken up again")
    key_days: int = Field(7, ge=7, description="How long idempotency keys of commands are kept after their show")
    record_days: int = Field(
        90,
        ge=7,
        description="How long ended sessions and links, lists of people and jobs, records of exports and notices stay",
    )
    backups: Path | None = Field(None, description="Folder of backups, whose old files of keys the server throws away")
    backup_keys_days: int = Field(30, ge=1, le=30, description="When a backup's file of keys is gone at the latest")
    collect_hours: int = Field(72, ge=1, le=720, description="How long an employer can collect its list by a link")
    collect_openings: int = Field(3, ge=1, le=20, description="How often such a link shows the list")
    drain_seconds: float = Field(30, gt=0, description="A stopping server is gone within this time")
    apply_per_device_per_minute: int = Field(
        10,
        ge=1,
        description="Applications at once and a minute from one device; a desk takes six seconds each",
    )
    apply_per_phone_per_minute: int = Field(
        10, ge=1, description="The same with one phone number; nobody reads ten jobs in a minute"
    )
    apply_per_prefix_per_minute: int = Field(
        3000, ge=1, description="The same from a /24 or /64: a fifth of the peak below behind one carrier's gateway"
    )
    apply_per_tenant_per_minute: int = Field(
        15000, ge=1, description="The same for one organisation: 175,000 in two hours, ten-fold at its peak"
    )
    ask_per_device_per_minute: int = Field(30, ge=1, description="Questions at once and a minute from one device")
    ask_per_prefix_per_minute: int = Field(3000, ge=1, description="The same from a /24 or /64; as for applications")
    ask_per_tenant_per_minute: int = Field(15000, ge=1, description="The same for one organisation")
    report_per_device_per_minute: int = Field(
        60, ge=1, description="Batches of signals over HTTP from one device; a page sends one in three seconds at most"
    )
    connect_per_prefix_per_minute: int = Field(
        6000,
        ge=1,
        description="Connection tokens from a /24 or /64: a dormitory or a carrier's gateway coming back at once",
    )
    sign_in_per_login_per_minute: int = Field(
        10, ge=1, description="Passwords tried for one login; more than anyone mistypes"
    )
    sign_in_per_prefix_per_minute: int = Field(
        30, ge=1, description="Passwords tried from a /24 or /64; an office signing in at nine"
    )
    code_resend_seconds: int = Field(
        60, ge=1, description="Between two codes to one phone number; a message takes seconds"
    )
    code_per_phone_per_hour: int = Field(5, ge=2, description="Codes sent to one phone number; each costs money")
    code_per_device_per_hour: int = Field(20, ge=2, description="Codes asked for by one device; a station's desk")
    code_per_prefix_per_hour: int = Field(1000, ge=2, description="Codes asked for from a /24 or /64")
    code_per_tenant_per_hour: int = Field(
        100000, ge=2, description="Codes of one organisation: every applicant of a large show, once"
    )
    code_tries_per_device_per_minute: int = Field(
        10, ge=1, description="Codes tried by one device; each code takes five tries in any case"
    )
    code_tries_per_prefix_per_minute: int = Field(600, ge=1, description="Codes tried from a /24 or /64")
    my_page_per_device_per_minute: int = Field(
        30, ge=1, description="Looks at and changes of one's own data by one device"
    )
    reveal_per_account_per_minute: int = Field(
        30, ge=1, description="Numbers seen in full by one account; nobody dials more than one in two seconds"
    )
    reveal_per_tenant_per_minute: int = Field(
        600, ge=1, description="The same for one organisation: twenty such accounts"
    )
    open_per_account_per_minute: int = Field(
        120, ge=1, description="Applications opened by one account; reading one takes a second"
    )
    search_per_account_per_minute: int = Field(
        120, ge=1, description="Searches in names and résumés by one account; each opens what it finds"
    )
    link_tries_per_prefix_per_minute: int = Field(
        60, ge=1, description="Links and their codes tried in vain from a /24 or /64; people open one or two"
    )
    log_json: bool = Field(False, description="Logs as JSON lines")

    @field_validator("priority_groups")
    @classmethod
    def _known_groups(cls, text: str) -> str:
        """Raises ValueError."""
        if unknown := [name for name in _names(text) if name not in set(Priority)]:
            raise ValueError(f"of {', '.join(Priority)}; not {unknown[0]}")
        return text

    @property
    def asked_priorities(self) -> tuple[Priority, ...]:
        return tuple(one for one in Priority if one in _names(self.priority_groups))

    @property
    def keys_folder(self) -> Path:
        return self.keys or self.data / "keys"

    @property
    def files_folder(self) -> Path:
        return self.data / "files"


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def read_settings(environ: Mapping[str, str] | None = None, **overrides: object) -> Settings:
    """Raises SettingInvalid for an unknown variable or a value that does not fit; never echoes the value."""
    environ = os.environ if environ is None else environ
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    unknown = sorted(name for name in environ if name.startswith(PREFIX) and name not in known)
    if unknown:
        raise SettingInvalid(f"Unknown setting {unknown[0]}", field=unknown[0], expected="one of docs/settings.md")
    values = {name.removeprefix(PREFIX).lower(): value for name, value in environ.items() if name in known}
    given = {name: value for name, value in overrides.items() if value is not None}
    try:
        return Settings(**{**values, **given})  # type: ignore[arg-type]  # validated by pydantic
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        name = PREFIX + str(first["loc"][0]).upper()
        raise SettingInvalid(f"{name}: {first['msg']}", field=name, expected=first["msg"]) from None
