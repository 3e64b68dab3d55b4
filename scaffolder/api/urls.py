"""Addresses of the scaffolder's API, under /api/scaffolder."""

from __future__ import annotations

from django.urls import path

from scaffolder.api import tasks, templates

app_name = "scaffolder-api"
urlpatterns = [
    path(
        "v2/templates/<str:namespace>/<str:kind>/<str:name>/parameter-schema",
        templates.ParameterSchema.as_view(),
        name="parameter-schema",
    ),
    path("v2/actions", templates.Actions.as_view(), name="actions"),
    path("v2/dry-run", templates.DryRun.as_view(), name="dry-run"),
    path("v2/tasks", tasks.Tasks.as_view(), name="tasks"),
    path("v2/tasks/<str:task_id>", tasks.Task.as_view(), name="task"),
    path("v2/tasks/<str:task_id>/events", tasks.Events.as_view(), name="events"),
    path("v2/tasks/<str:task_id>/cancel", tasks.Cancel.as_view(), name="cancel"),
    path("v2/tasks/<str:task_id>/retry", tasks.Retry.as_view(), name="retry"),
]
