"""Production: secret key and address must be given; nothing of the demo is there."""

from __future__ import annotations

from django.core.exceptions import ImproperlyConfigured

from portal.foundation.env import envbool, envint, envsecret, envstr
from portal.settings.base import *  # noqa: F403
from portal.settings.base import GOLDPATH_BASE_URL

SECRET_KEY = envsecret("GOLDPATH_SECRET_KEY")
if len(SECRET_KEY) < 40:
    raise ImproperlyConfigured("GOLDPATH_SECRET_KEY must be set to at least 40 random characters")

if not envstr("GOLDPATH_BASE_URL"):
    raise ImproperlyConfigured(
        "GOLDPATH_BASE_URL must be set to the address that people use, such as https://goldpath.example"
    )

DEBUG = False
GOLDPATH_DEMO = False
GOLDPATH_DEMO_PEOPLE = False
GOLDPATH_DEMO_SIGN_IN = False
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
SECURE_SSL_REDIRECT = envbool("GOLDPATH_SSL_REDIRECT", default=True)
SECURE_HSTS_SECONDS = envint("GOLDPATH_HSTS_SECONDS", 31_536_000)
SECURE_REDIRECT_EXEMPT = [r"^livez$", r"^readyz$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
CSRF_TRUSTED_ORIGINS = [GOLDPATH_BASE_URL]
