"""Every setting, read from the environment once. `.env.example` lists the variables."""

import os
import sys
from email.utils import parseaddr
from pathlib import Path

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent


def flag(name: str, default: bool = False) -> bool:
    """Read a yes/no environment variable: 1, true and yes mean yes."""
    return os.environ.get(name, str(int(default))).lower() in {"1", "true", "yes"}


DEMO = flag("DEMO")
# Vouches for the network around a demo that listens on more than loopback, as a container must.
DEMO_ALLOW_BIND = flag("DEMO_ALLOW_BIND")
DEBUG = False
DATA_DIR = Path(os.environ.get("DATA_DIR", BASE_DIR / "var"))

SECRET_KEY = os.environ.get("SECRET_KEY", "")
if not SECRET_KEY:
    if not DEMO:
        raise ImproperlyConfigured("SECRET_KEY must be set outside demo mode")
    SECRET_KEY = "demo-mode-only-and-refused-outside-it-0123456789abcdef-0123456789"  # noqa: S105

# Keys that were in use before: what they signed, such as the links in mail, stays good.
SECRET_KEY_FALLBACKS = [key for key in os.environ.get("SECRET_KEY_FALLBACKS", "").split(",") if key]

ALLOWED_HOSTS = [host for host in os.environ.get("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]").split(",") if host]
CSRF_FAILURE_VIEW = "crm.core.pages.stale_form"
CSRF_TRUSTED_ORIGINS = [origin for origin in os.environ.get("CSRF_TRUSTED_ORIGINS", "").split(",") if origin]
PUBLIC_URL = os.environ.get("PUBLIC_URL", f"http://localhost:{os.environ.get('PORT', '8000')}")

# DynamoDB: endpoints, region and credentials come from AWS's own variables.
CRM_TABLE = os.environ.get("CRM_TABLE", "crm")
CRM_OUTBOX_TABLE = os.environ.get("CRM_OUTBOX_TABLE", "crm_outbox")
# The due index's partitions of confirmations, each asked every second; and the least that a campaign is spread over.
OUTBOX_SHARDS = int(os.environ.get("OUTBOX_SHARDS", "16"))

READ_MODEL_URL = os.environ.get("READ_MODEL_URL", f"sqlite:///{DATA_DIR / 'read.sqlite3'}")
REDIS_URL = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/0")
# Where mail goes when not to AWS: an emulator may show what it received.
SES_ENDPOINT = os.environ.get("AWS_ENDPOINT_URL_SESV2") or os.environ.get("AWS_ENDPOINT_URL", "")
# SES tells what becomes of mails through these SNS topics only, over HTTPS or through this queue.
SES_TOPICS = [topic for topic in os.environ.get("SES_TOPICS", "").replace(",", " ").split() if topic]
SES_EVENTS_QUEUE_URL = os.environ.get("SES_EVENTS_QUEUE_URL", "")
# What a simulator of SES signs its messages by; believed only where mail does not go to AWS.
SNS_CERTIFICATE_FILE = os.environ.get("SNS_CERTIFICATE_FILE", "")
MAIL_FROM = os.environ.get("MAIL_FROM", "Event CRM <events@crm.example>")
# Where mail programs that know no link for it send people's wish to unsubscribe; staff read it.
UNSUBSCRIBE_MAILBOX = os.environ.get("UNSUBSCRIBE_MAILBOX", parseaddr(MAIL_FROM)[1])
# Mails sent side by side by one worker process. SES's own rate limit is kept over all processes together; while Redis
# cannot say how fast the others go, each process takes its share of that many.
MAIL_THREADS = int(os.environ.get("MAIL_THREADS", "8"))
SENDING_PROCESSES = int(os.environ.get("SENDING_PROCESSES", "2"))

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "crm",
    "worker",
]
# The API's documentation page needs it installed. The projector serves no page, and it costs 15 MB.
if "run_projector" not in sys.argv:
    INSTALLED_APPS.insert(-2, "ninja")
AUTH_USER_MODEL = "crm.StaffUser"

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "crm.staff.middleware.SignInRequired",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "crm.core.zone.ViewerZone",
    "crm.core.pages.ErrorPages",
]
ROOT_URLCONF = "crm_site.urls"
WSGI_APPLICATION = "crm_site.wsgi.application"
# The API answers with and without a slash at the end; see crm_site/wsgi.py.
APPEND_SLASH = False

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": [
                "crm.core.display",
                "crm.analytics.display",
                "crm.deliveries.display",
                "crm.core.navigation",
                "crm.segments.display",
                "django.contrib.humanize.templatetags.humanize",
                "django.templatetags.static",
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# Staff log-ins and sessions only: everything the CRM is about lives in DynamoDB.
DATABASES = {"default": dj_database_url.config(default=f"sqlite:///{DATA_DIR / 'staff.sqlite3'}", conn_max_age=60)}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }

CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
    # Drawn charts, by content; shared by all web processes and kept over restarts.
    "charts": {
        "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
        "LOCATION": DATA_DIR / "charts",
        "TIMEOUT": 30 * 86_400,
        "OPTIONS": {"MAX_ENTRIES": 1_000},
    },
}

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "sign-in"

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_I18N = False
USE_TZ = True

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = Path(os.environ.get("STATIC_ROOT", DATA_DIR / "static"))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# How many proxies in front of this process append to X-Forwarded-For and set X-Forwarded-Proto; 0 believes none.
TRUSTED_PROXIES = int(os.environ.get("TRUSTED_PROXIES", "0"))

SECURE_CSP = {
    "default-src": ["'none'"],
    "script-src": ["'self'"],
    "style-src": ["'self'"],
    "img-src": ["'self'"],
    "connect-src": ["'self'"],
    "font-src": ["'self'"],
    "form-action": ["'self'"],
    "frame-src": ["'self'"],
    "frame-ancestors": ["'none'"],
    "base-uri": ["'none'"],
    "object-src": ["'none'"],
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if not DEMO:
    SECURE_SSL_REDIRECT = flag("SECURE_SSL_REDIRECT", True)
    # Without a proxy that sets it, the header is whatever the caller likes.
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES > 0 else None
    SECURE_REDIRECT_EXEMPT = [r"^health/"]
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = flag("SECURE_COOKIES", True)

# Requests a minute for each API token. The demo's callers share one, and are few.
API_RATE_PER_MINUTE = int(os.environ.get("API_RATE_PER_MINUTE", "60000" if DEMO else "1200"))

DATA_UPLOAD_MAX_MEMORY_SIZE = 1_048_576
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1_000

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": os.environ.get("LOG_LEVEL", "INFO")},
    "loggers": {
        "botocore": {"level": "WARNING"},
        "pynamodb": {"level": "WARNING"},
        # A line for every question, and for every one that is asked again.
        "opensearch": {"level": "ERROR"},
        # Two lines for every sweep say nothing that its work does not.
        "celery.worker.strategy": {"level": "WARNING"},
        "celery.app.trace": {"level": "WARNING"},
        "celery.beat": {"level": "WARNING"},
    },
}
