"""What a server loads before anybody has come."""

import subprocess
import sys


def test_a_server_does_not_load_what_reads_workbooks_before_there_is_one() -> None:
    """Eight megabytes in each worker."""
    code = "import sys, stream_jobs.app; sys.exit('openpyxl' in sys.modules)"

    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
