# The service as one container: `ivr serve`, its web and clock processes together.
#
# Mount a volume at /srv/ivr/instance (SQLite database, spool) and, to edit YAML without a new image, one with
# ivr_flows/ and schedules/ whose path is given in IVR_CONFIG_DIR.
#
# Several containers share a PostgreSQL by DATABASE_URL, each with an instance/ of its own; `ivr publish`, run in any
# of them, brings YAML into force in all.
FROM python:3.11-slim

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /srv/ivr

COPY requirements.lock ./
RUN python -m pip install --require-hashes -r requirements.lock

COPY pyproject.toml README.md ./
COPY app app
COPY oncall oncall
RUN python -m pip install --no-deps --no-build-isolation .

COPY ivr_flows ivr_flows
COPY schedules schedules
RUN useradd --create-home --uid 10001 ivr && install -d -o ivr -g ivr -m 0700 instance
USER ivr
VOLUME /srv/ivr/instance
EXPOSE 8000

HEALTHCHECK --interval=30s --timeout=5s \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/healthz', timeout=3)"]
CMD ["ivr", "serve", "--host", "0.0.0.0", "--port", "8000"]
