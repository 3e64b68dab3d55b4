"""The git door behind the server that people run, for the tests of what only that server does."""

from __future__ import annotations

from django.conf import settings
from django.core.wsgi import get_wsgi_application

settings.ROOT_URLCONF = "tests.scaffolder.forges.urls"
application = get_wsgi_application()
