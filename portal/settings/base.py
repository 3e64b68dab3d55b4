"""Settings that hold everywhere. What differs between installations comes from the environment."""

from __future__ import annotations

from pathlib import Path

import dj_database_url
from csp.constants import NONCE, NONE, SELF

from portal.foundation.env import envbool, envint, envlist, envsecret, envstr

BASE_DIR = Path(__file__).resolve().parents[2]
GOLDPATH_HOME = Path(envstr("GOLDPATH_HOME", str(BASE_DIR / "var"))).absolute()
GOLDPATH_PORT = envint("GOLDPATH_PORT", 8000)
GOLDPATH_BASE_URL = envstr("GOLDPATH_BASE_URL", f"http://127.0.0.1:{GOLDPATH_PORT}").rstrip("/")
GOLDPATH_DEMO = envbool("GOLDPATH_DEMO", default=True)
GOLDPATH_VERIFY = envstr("GOLDPATH_VERIFY", "auto")
GOLDPATH_TEMPLATES = BASE_DIR / "templates"
GOLDPATH_MODULE_PREFIX = envstr("GOLDPATH_MODULE_PREFIX", "example.com")
GOLDPATH_CODEOWNERS_ORG = envstr("GOLDPATH_CODEOWNERS_ORG", "goldpath")
GOLDPATH_FORGE = "local"
GOLDPATH_ANONYMOUS_GIT_READ = envbool("GOLDPATH_ANONYMOUS_GIT_READ", default=False)
GOLDPATH_DEMO_SIGN_IN = False
GOLDPATH_LEASE_SECONDS = envint("GOLDPATH_LEASE_SECONDS", 20)
GOLDPATH_REAP_SECONDS = envint("GOLDPATH_REAP_SECONDS", 5)
GOLDPATH_HELD_POLLS = envint("GOLDPATH_HELD_POLLS", 12)
GOLDPATH_WEBHOOK_PRIVATE = envbool("GOLDPATH_WEBHOOK_PRIVATE", default=False)
GOLDPATH_GO_CACHE_MB = envint("GOLDPATH_GO_CACHE_MB", 6000)

ALLOWED_HOSTS = envlist("GOLDPATH_ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]")
ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"
AUTH_USER_MODEL = "foundation.User"
LOGIN_URL = "web:sign-in"
LOGIN_REDIRECT_URL = "web:home"
APPEND_SLASH = False
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en-us"
USE_I18N = False
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_htmx",
    "django_structlog",
    "csp",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "corsheaders",
    "knox",
    "portal.foundation",
    "catalog",
    "scaffolder",
    "conformance",
    "portal.web",
]

MIDDLEWARE = [
    "portal.foundation.middleware.MetricsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "portal.web.middleware.ErrorPagesMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "portal" / "templates"],
        "APP_DIRS": False,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "portal.web.context.portal",
            ],
        },
    },
]

SQLITE_OPTIONS = {
    "timeout": 20,
    "transaction_mode": "IMMEDIATE",
    "init_command": (
        "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;PRAGMA temp_store=MEMORY;"
        # What is mapped counts as memory of each process: not more than helps, so that it does not grow with the data.
        "PRAGMA mmap_size=33554432;PRAGMA journal_size_limit=67108864;PRAGMA cache_size=-8000"
    ),
}


def database() -> dict[str, object]:
    """Return the database of GOLDPATH_DATABASE_URL, else SQLite under the data folder, tuned for concurrent writers."""
    url = envsecret("GOLDPATH_DATABASE_URL")
    if url:
        return {**dj_database_url.parse(url, conn_max_age=60, conn_health_checks=True)}
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": GOLDPATH_HOME / "goldpath.sqlite3",
        "OPTIONS": SQLITE_OPTIONS,
        "CONN_MAX_AGE": None,
    }


DATABASES = {"default": database()}

STATIC_URL = "/static/"
STATIC_ROOT = GOLDPATH_HOME / "static"
STATICFILES_DIRS = [BASE_DIR / "portal" / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

DATA_UPLOAD_MAX_MEMORY_SIZE = 12 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "portal.web.views.errors.csrf_failure"
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "manifest-src": [SELF],
    },
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["portal.foundation.auth.BearerAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["portal.foundation.api.renderers.BackstageJSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["portal.foundation.api.parsers.LimitedJSONParser"],
    "EXCEPTION_HANDLER": "portal.foundation.api.errors.envelope",
    "DEFAULT_SCHEMA_CLASS": "portal.foundation.api.openapi.Schema",
    "DEFAULT_THROTTLE_CLASSES": ["rest_framework.throttling.ScopedRateThrottle"],
    "DEFAULT_THROTTLE_RATES": {
        "read": envstr("GOLDPATH_THROTTLE_READ", "1200/min"),
        "create": envstr("GOLDPATH_THROTTLE_CREATE", "120/min"),
        "dry-run": envstr("GOLDPATH_THROTTLE_DRY_RUN", "60/min"),
    },
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Goldpath",
    "DESCRIPTION": "How far each service is on its path: levels, verdicts, drift, policies and waivers.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PUBLIC": True,
    "COMPONENT_SPLIT_REQUEST": True,
    "PREPROCESSING_HOOKS": ["portal.foundation.api.openapi.only_ours"],
    "SCHEMA_PATH_PREFIX": "/api/goldpath/v1/",
    "ENUM_NAME_OVERRIDES": {
        "Level": "conformance.choices.LEVELS",
        "Standing": "conformance.choices.STANDINGS",
        "Outcome": "conformance.choices.OUTCOMES",
        "Drift": "conformance.choices.DRIFTS",
        "PolicyStatus": "conformance.choices.PolicyStatus",
        "WaiverStatus": "conformance.choices.WaiverStatus",
        "EventKind": "conformance.choices.EventKind",
        "DeliveryStatus": "conformance.choices.DeliveryStatus",
    },
}
# Backstage's front end calls from its own origin; tokens travel in a header, never in a cookie.
CORS_ALLOWED_ORIGINS = envlist("GOLDPATH_CORS_ORIGINS", "")
CORS_URLS_REGEX = r"^/api/"
CORS_ALLOW_HEADERS = ("authorization", "content-type", "idempotency-key")
CORS_ALLOW_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
CORS_EXPOSE_HEADERS = ("retry-after",)
KNOX_TOKEN_MODEL = "foundation.ApiToken"
MIGRATION_MODULES = {"knox": None}  # its only table is that of the model which ApiToken replaces
REST_KNOX = {"AUTH_HEADER_PREFIX": "Bearer", "TOKEN_PREFIX": "gp_", "AUTH_TOKEN_CHARACTER_LENGTH": 64}

CELERY = {
    "broker_url": envsecret("GOLDPATH_BROKER_URL", "goldpath-filesystem://embedded"),
    "task_acks_late": True,
    "task_reject_on_worker_lost": True,
    "worker_prefetch_multiplier": 1,
    "task_ignore_result": True,
    "task_time_limit": 1800,
    "task_soft_time_limit": 1740,
    "task_serializer": "json",
    "accept_content": ["json"],
    "broker_connection_retry_on_startup": True,
    "worker_hijack_root_logger": False,
    "task_default_queue": "default",
    "task_routes": {
        "scaffolder.tasks.*": {"queue": "scaffold"},
        "catalog.tasks.*": {"queue": "catalog"},
        "conformance.tasks.*": {"queue": "conformance"},
    },
    "timezone": "UTC",
}

LOGGING_CONFIG = "portal.foundation.logs.configure"
LOGGING = {"level": envstr("GOLDPATH_LOG_LEVEL", "INFO"), "format": envstr("GOLDPATH_LOG_FORMAT", "text")}
