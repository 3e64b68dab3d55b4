"""The suite: everything real but the clock-dependent parts; the database by GOLDPATH_TEST_DATABASE_URL."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

_HOME = Path(tempfile.mkdtemp(prefix="goldpath-test-"))
for _name in [name for name in os.environ if name.startswith("GOLDPATH_") and not name.startswith("GOLDPATH_TEST_")]:
    del os.environ[_name]
os.environ["GOLDPATH_HOME"] = str(_HOME)
if "GOLDPATH_TEST_DATABASE_URL" in os.environ:
    os.environ["GOLDPATH_DATABASE_URL"] = os.environ["GOLDPATH_TEST_DATABASE_URL"]

from portal.settings.base import *  # noqa: F403
from portal.settings.base import CELERY, DATABASES, GOLDPATH_HOME

SECRET_KEY = "not-a-secret-the-suite-only"
GOLDPATH_DEMO_PEOPLE = False
GOLDPATH_DEMO_SIGN_IN = False
GOLDPATH_ANONYMOUS_GIT_READ = True
GOLDPATH_VERIFY = "never"
if "sqlite3" in str(DATABASES["default"]["ENGINE"]):
    DATABASES["default"]["TEST"] = {"NAME": str(GOLDPATH_HOME / "test.sqlite3")}
CELERY = {**CELERY, "broker_url": "memory://"}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
