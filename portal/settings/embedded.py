"""What `make run` starts on: SQLite, a file-based broker, the local forge, demo people."""

from __future__ import annotations

from portal.foundation.env import envbool
from portal.settings.base import *  # noqa: F403
from portal.settings.base import GOLDPATH_HOME
from portal.settings.secret import secret_key

SECRET_KEY = secret_key(GOLDPATH_HOME)
DEBUG = False
GOLDPATH_DEMO_PEOPLE = True
GOLDPATH_DEMO_SIGN_IN = envbool("GOLDPATH_DEMO_SIGN_IN", default=True)
GOLDPATH_ANONYMOUS_GIT_READ = envbool("GOLDPATH_ANONYMOUS_GIT_READ", default=True)
GOLDPATH_WEBHOOK_PRIVATE = envbool("GOLDPATH_WEBHOOK_PRIVATE", default=True)
