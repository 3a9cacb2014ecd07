"""Everything that can go wrong, as one tree with stable codes.

StreamJobsError
├── NotFound          the thing is not there, or not yours to know of
├── NotAllowed        you are known, and may not
│   └── NotSignedIn   you are not known
├── Conflict          the rules say no, for now
├── BadInput          a field is not what was expected
├── TooMany           slower, please
├── Unavailable       a part we need is away; trying again helps
└── StartError        the server cannot start; says what to do
"""

from typing import ClassVar


class StreamJobsError(Exception):
    """Something went wrong."""

    code: ClassVar[str] = "error"
    retryable: ClassVar[bool] = False

    def __init__(
        self,
        message: str | None = None,
        *,
        field: str | None = None,
        expected: str | None = None,
        retry_after_seconds: float | None = None,
    ) -> None:
        self.message = message or (type(self).__doc__ or "").partition("\n")[0]
        self.field = field
        self.expected = expected
        self.retry_after_seconds = retry_after_seconds
        super().__init__(self.message)


class NotFound(StreamJobsError):
    """There is no such thing here."""

    code = "not_found"


class BroadcastNotFound(NotFound):
    """There is no such broadcast."""

    code = "broadcast_not_found"


class CardNotFound(NotFound):
    """The tray has no such card."""

    code = "card_not_found"


class JobNotFound(NotFound):
    """There is no such job in this broadcast."""

    code = "job_not_found"


class ApplicationNotFound(NotFound):
    """There is no such application."""

    code = "application_not_found"


class MoveNotFound(NotFound):
    """There is no such move of applications."""

    code = "move_not_found"


class ImportNotFound(NotFound):
    """There is no such import."""

    code = "import_not_found"


class EmployerNotFound(NotFound):
    """There is no such employer."""

    code = "employer_not_found"


class ChannelNotFound(NotFound):
    """The link is not one of ours, or was revoked."""

    code = "channel_not_found"


class BanNotFound(NotFound):
    """No device is kept out under this number."""

    code = "ban_not_found"


class PersonNotFound(NotFound):
    """There is no such person, or no longer."""

    code = "person_not_found"


class AccountNotFound(NotFound):
    """There is no such account."""

    code = "account_not_found"


class ExportNotFound(NotFound):
    """There is no such export."""

    code = "export_not_found"


class FileGone(NotFound):
    """The file is not there any more."""

    code = "file_gone"


class NotAllowed(StreamJobsError):
    """You may not do this."""

    code = "not_allowed"


class NotSignedIn(NotAllowed):
    """Sign in first."""

    code = "not_signed_in"


class WrongPassword(NotSignedIn):
    """Login or password is wrong."""

    code = "wrong_password"


class TokenInvalid(NotSignedIn):
    """The token is not one of ours."""

    code = "token_invalid"


class TokenExpired(NotSignedIn):
    """The token has expired; ask for a new one."""

    code = "token_expired"


class Banned(NotAllowed):
    """This device is kept out of the broadcast."""

    code = "banned"


class CrossSite(NotAllowed):
    """The request came from another site."""

    code = "cross_site"


class Conflict(StreamJobsError):
    """The rules do not allow this now."""

    code = "conflict"


class BroadcastNotLive(Conflict):
    """The broadcast is not live."""

    code = "broadcast_not_live"


class BroadcastStarted(Conflict):
    """The broadcast has started; this is frozen now."""

    code = "broadcast_started"


class BroadcastEnded(Conflict):
    """The broadcast has ended."""

    code = "broadcast_ended"


class StageMoved(Conflict):
    """Someone else acted first; look at the stage again."""

    code = "stage_moved"


class CardNotOnStage(Conflict):
    """The card is not on stage."""

    code = "card_not_on_stage"


class CardBlocked(Conflict):
    """The card may not be pushed until its job is corrected or overridden with a reason."""

    code = "card_blocked"


class NothingToUndo(Conflict):
    """There is nothing to undo, or its ten seconds are over."""

    code = "nothing_to_undo"


class JobPaused(Conflict):
    """The job takes no applications for now."""

    code = "job_paused"


class JobFull(Conflict):
    """The job has all the people it needs."""

    code = "job_full"


class JobClosed(Conflict):
    """The job's closing date has passed."""

    code = "job_closed"


class KeyReused(Conflict):
    """The same key was sent with another body; nothing was changed."""

    code = "key_reused"


class StateMoved(Conflict):
    """The application is not in the state you saw; somebody else moved it first."""

    code = "state_moved"


class MoveNotAllowed(Conflict):
    """The application cannot be brought from its state to this one."""

    code = "move_not_allowed"


class UndoOver(Conflict):
    """It is too late to undo this; move the application instead."""

    code = "undo_over"


class ImportDone(Conflict):
    """The import has been confirmed or undone already."""

    code = "import_done"


class ImportUsed(Conflict):
    """A job of the import has been pushed or applied for; it cannot be undone any more."""

    code = "import_used"


class DataDamaged(Conflict):
    """What is stored of this person was damaged or moved; whoever runs the server must look."""

    code = "data_damaged"


class LoginTaken(Conflict):
    """Another account has this login."""

    code = "login_taken"


class NoGateway(Conflict):
    """There is no message gateway; copy the text and send it yourself."""

    code = "no_gateway"


class NoticeRefused(Conflict):
    """The message gateway refuses this message."""

    code = "notice_refused"


class ExportNotReady(Conflict):
    """The export is not ready, has expired or was destroyed."""

    code = "export_not_ready"


class ExportTooLong(Conflict):
    """The list is too long for this format; take CSV, or fewer applications."""

    code = "export_too_long"


class BadInput(StreamJobsError):
    """A field is not what was expected."""

    code = "bad_input"


class PhoneInvalid(BadInput):
    """The phone number is not one."""

    code = "phone_invalid"


class ConsentMissing(BadInput):
    """Consent was not given, or was given to another text."""

    code = "consent_missing"


class ReasonMissing(BadInput):
    """A rejection says why."""

    code = "reason_missing"


class TooMany(StreamJobsError):
    """Too many requests; wait a little."""

    code = "too_many"
    retryable = True


class Unavailable(StreamJobsError):
    """A part we need is away; nothing was changed, try again soon."""

    code = "unavailable"
    retryable = True


class StorageUnavailable(Unavailable):
    """PostgreSQL cannot be reached; nothing was changed, try again soon."""

    code = "storage_unavailable"


class FilesUnavailable(Unavailable):
    """The store of files cannot be reached; nothing was changed, try again soon."""

    code = "files_unavailable"


class FilesFull(FilesUnavailable):
    """The store of files has no room left; nothing was changed."""

    code = "files_full"


class NoticesUnavailable(Unavailable):
    """The message gateway cannot be reached or is busy; nothing was sent, try again soon."""

    code = "notices_unavailable"


class StartError(StreamJobsError):
    """The server cannot start."""

    code = "start_failed"


class SettingInvalid(StartError):
    """A setting is unknown or malformed."""

    code = "setting_invalid"


class DatabaseUnreachable(StartError):
    """PostgreSQL cannot be reached: check STREAM_JOBS_DATABASE_URL and that the server runs."""

    code = "database_unreachable"


class DatabaseTooOld(StartError):
    """PostgreSQL 18 or newer is needed."""

    code = "database_too_old"


class DatabaseNotDurable(StartError):
    """PostgreSQL runs with fsync, full_page_writes or synchronous_commit off; applications could be lost."""

    code = "database_not_durable"


class RestoreUnfinished(StartError):
    """A restore did not come to its end here: run it again with --replace."""

    code = "restore_unfinished"


class DatabaseNotMigrated(StartError):
    """The database is not at this version, or a table of it has no wall: run `stream-jobs migrate`."""

    code = "database_not_migrated"


class ValkeyUnreachable(StartError):
    """Valkey cannot be used; servers start and serve without it."""

    code = "valkey_unreachable"


class KeysMismatch(StartError):
    """The keys are not those this database was written with; put the right keys folder back."""

    code = "keys_mismatch"


class PortTaken(StartError):
    """Another server listens on this port: stop it or choose another with --port."""

    code = "port_taken"


class WorkerNotStarted(StartError):
    """A worker did not come to listen; the lines above say why."""

    code = "worker_not_started"


class DataFolderInUse(StartError):
    """Another server uses this data folder: stop it or choose another with --data."""

    code = "data_folder_in_use"


class BackupFailed(StartError):
    """The backup could not be made; nothing of it is left."""

    code = "backup_failed"


class BackupKeysKept(StartError):
    """Old backups' files of keys are not thrown away: let the server list and write the folder keys of its backups."""

    code = "backup_keys_kept"


class RestoreRefused(StartError):
    """This cannot be restored here; nothing was changed."""

    code = "restore_refused"


class RestoreFailed(StartError):
    """The restore did not come to its end: do not use this database, restore again with --replace."""

    code = "restore_failed"


class MigrationFailed(StartError):
    """A migration failed and was rolled back."""

    code = "migration_failed"


def every_error() -> list[type[StreamJobsError]]:
    """All classes of the tree that are imported, parents first."""

    def below(cls: type[StreamJobsError]) -> list[type[StreamJobsError]]:
        return [cls, *(found for child in cls.__subclasses__() for found in below(child))]

    return below(StreamJobsError)
