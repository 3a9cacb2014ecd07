"""Several server processes on one port, under a supervisor that starts what ends and answers for all."""
