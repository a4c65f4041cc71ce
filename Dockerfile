# syntax=docker/dockerfile:1
FROM python:3.12-slim AS build
COPY --from=ghcr.io/astral-sh/uv:0.9 /uv /bin/uv
WORKDIR /app
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never
COPY pyproject.toml uv.lock ./
RUN uv sync --frozen --no-default-groups

# An SES simulator for trying things out; real mail goes through AWS's own.
FROM build AS build-simulator
RUN uv sync --frozen --no-default-groups --group devstack
COPY devstack/ devstack/

FROM build AS build-app
COPY . .
# Static files are part of the image. Demo mode lets this step do without a secret key.
RUN DEMO=1 STATIC_ROOT=/app/staticfiles .venv/bin/python manage.py collectstatic --no-input --verbosity 0

FROM python:3.12-slim AS runtime
RUN useradd --system --create-home --home-dir /home/crm --uid 10001 crm \
    && install --directory --owner=crm --group=crm /data
WORKDIR /app
ENV PATH=/app/.venv/bin:$PATH PYTHONUNBUFFERED=1 DATA_DIR=/data
USER crm
VOLUME /data

FROM runtime AS ses
COPY --from=build-simulator /app /app
EXPOSE 4566
CMD ["python", "-m", "devstack.ses_simulator", "--host", "0.0.0.0", "--port", "4566", "--data", "/data"]

FROM runtime AS app
COPY --from=build-app /app /app
ENV STATIC_ROOT=/app/staticfiles
EXPOSE 8000
CMD ["gunicorn", "--config", "python:crm_site.gunicorn_conf", "crm_site.wsgi"]
