# The server alone: PostgreSQL and Valkey run beside it (docker-compose.yml).
FROM python:3.11-slim AS build
WORKDIR /build
COPY requirements-build.txt requirements-server.txt ./
RUN python -m venv /opt/stream_jobs \
    && /opt/stream_jobs/bin/pip install --no-cache-dir --require-hashes -r requirements-build.txt \
    && /opt/stream_jobs/bin/pip install --no-cache-dir --require-hashes -r requirements-server.txt
COPY pyproject.toml README.md ./
COPY stream_jobs stream_jobs
COPY realtime realtime
COPY storage storage
COPY admin admin
RUN /opt/stream_jobs/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.11-slim
RUN useradd --system --uid 10001 --home-dir /var/lib/stream_jobs --create-home stream_jobs
COPY --from=build /opt/stream_jobs /opt/stream_jobs
ENV PATH=/opt/stream_jobs/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    STREAM_JOBS_HOST=0.0.0.0 \
    STREAM_JOBS_OPS_PORT=9000 \
    STREAM_JOBS_DATA=/var/lib/stream_jobs \
    STREAM_JOBS_LOG_JSON=true
USER stream_jobs
EXPOSE 8000
VOLUME /var/lib/stream_jobs
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:9000/readyz', timeout=2)"]
# A viewer's line is closed gently for up to 30 s.
STOPSIGNAL SIGTERM
ENTRYPOINT ["stream-jobs"]
CMD ["serve"]
