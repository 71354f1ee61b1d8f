# Built by the same set-up as a checkout (bin/setup); what it needs only to set up stays in the first stage.
FROM python:3.11-slim-bookworm AS build
WORKDIR /app
COPY bin/find-python bin/setup bin/set_up.py bin/
COPY requirements.txt requirements-node.txt package.json package-lock.json ./
RUN bin/setup && .venv/bin/python -m pip uninstall --quiet --yes pip && rm -rf .venv/node
COPY manage.py LICENSE ./
COPY chatsite chatsite
COPY conversations conversations
COPY templates templates
COPY static static
RUN .venv/bin/python -m compileall -q chatsite conversations

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin chatsite \
    && install --directory --owner=chatsite --group=chatsite --mode=700 /data
WORKDIR /app
COPY --from=build /app /app
ENV PATH=/app/.venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HOST=0.0.0.0 PORT=8000 DATA_DIR=/data
USER chatsite
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=5s --timeout=8s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen('http://127.0.0.1:' + os.environ['PORT'] + '/readyz', timeout=6)"]
CMD ["python", "-m", "chatsite.server"]
