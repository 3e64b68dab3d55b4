"""From a service type to a run: cards, the pages of the form, the review."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from portal.foundation.errors import InputError, NotFoundError
from portal.web.architecture import draw, picture_of_answers, scene
from portal.web.forms import NAMESPACE, PageForm, page_of
from portal.web.people import PageRequest, signed_in
from portal.web.sources import is_binary, lines, tree
from scaffolder import parameters
from scaffolder.capabilities import catalogue_of, choose, settle, wanted
from scaffolder.models import Draft, Run, TemplateVersion
from scaffolder.previews import Preview, preview
from scaffolder.services import dry_run, find_template, name_status, start_run
from scaffolder.services.dry_runs import DryRun

MAX_DRAFTS = 50


@require_GET
@signed_in
def create(request: PageRequest) -> HttpResponse:
    """Show a card per service type, and the forms that were left half-filled."""
    templates = TemplateVersion.objects.current().order_by("ref")
    drafts = request.user.drafts.select_related("template")[:5]
    return render(request, "create/create.html", {"templates": templates, "drafts": drafts})


@require_http_methods(["GET", "POST"])
@signed_in
def begin(request: PageRequest, namespace: str, name: str) -> HttpResponse:
    """Show the first page of a template's form; its first good answers become a draft."""
    template = find_template(f"template:{namespace}/{name}")
    form = PageForm(template, 1, parameters.relevant(template.pages, {}), request.actor)
    if request.method == "POST":
        form.read(request.POST)
        if form.check():
            draft = Draft.objects.create(user=request.user, template=template, values=form.values)
            _forget_oldest(request)
            return _after(request, draft, form)
    return _shown(request, form, None)


@require_http_methods(["GET", "POST"])
@signed_in
def page(request: PageRequest, draft_id: uuid.UUID, number: int) -> HttpResponse:
    """Show one page of a draft, or take its answers and go on."""
    draft = _draft(request, draft_id)
    if not 1 <= number <= len(draft.template.pages):
        raise NotFoundError("The form has no such page.")
    form = PageForm(draft.template, number, dict(draft.values), request.actor)
    if request.method == "POST":
        form.read(request.POST)
        is_good = form.check()
        goes_back = request.POST.get("go") == "back" and number > 1
        if is_good or (goes_back and not form.is_unsafe):
            draft.values = form.values
            draft.save(update_fields=["values", "updated_at"])
            return redirect("web:create-page", draft.pk, number - 1) if goes_back else _after(request, draft, form)
    elif "check" in request.GET:
        form.check()
    return _shown(request, form, draft)


@require_POST
@signed_in
def fields(request: PageRequest, namespace: str, name: str, number: int) -> HttpResponse:
    """Return the questions of a page under the answers that stand in it now; nothing is kept."""
    template = find_template(f"template:{namespace}/{name}")
    if not 1 <= number <= len(template.pages):
        raise NotFoundError("The form has no such page.")
    draft = Draft.objects.filter(user=request.user, pk=_uuid(request.POST.get("_draft", ""))).first()
    form = PageForm(template, number, dict(draft.values) if draft else {}, request.actor)
    form.read(request.POST)
    return render(request, "create/fields.html", {"form": form})


@require_GET
@signed_in
def name_check(request: PageRequest) -> HttpResponse:
    """Say whether the name in the form is free."""
    name = next((str(value).strip() for key, value in request.GET.items() if not key.startswith("_")), "")
    schema = {"properties": {"name": {"type": "string", "ui:field": "EntityNamePicker"}}}
    problems = parameters.check_page(schema, {"name": name}) if name else []
    status = None if problems or not name else name_status(NAMESPACE, name)
    return render(request, "create/name_status.html", {"name": name, "problems": problems, "status": status})


@require_GET
@signed_in
def architecture(request: PageRequest, namespace: str, name: str) -> HttpResponse:
    """Draw the architecture that the capabilities in the address come to: each that is named there is wanted."""
    catalogue = catalogue_of(find_template(f"template:{namespace}/{name}"))
    choice = choose(catalogue, (each.name for each in catalogue.asked if each.name in request.GET))
    views = draw(scene(catalogue, choice, request.GET.get("_name", "")))
    return render(request, "create/architecture/figure.html", {"views": views})


@require_GET
@signed_in
def review(request: PageRequest, draft_id: uuid.UUID) -> HttpResponse:
    """Show what would be created and where, and every file of it; nothing outside is touched."""
    draft = _draft(request, draft_id)
    try:
        if request.htmx and "path" in request.GET:
            answers = settle(draft.template, draft.values)
            return render(request, "create/files.html", _files(request, draft, preview(draft.template, answers.values)))
        planned = dry_run(draft.template.ref, draft.values, request.actor)
    except InputError as refused:
        if not refused.fields:
            raise
        return _send_back(request, draft, refused)
    context = {**_files(request, draft, planned.preview), **_plan(draft, planned)}
    return render(request, "create/review.html", context)


@require_POST
@signed_in
def submit(request: PageRequest, draft_id: uuid.UUID) -> HttpResponse:
    """Start the run of a draft. Sending it twice starts it once: the draft is the idempotency key."""
    key = f"draft:{draft_id}"
    earlier = Run.objects.filter(actor_ref=request.actor.user_ref, idempotency_key=key).first()
    if earlier is not None:
        return redirect("web:runs-run", earlier.pk)
    draft = _draft(request, draft_id)
    try:
        run = start_run(draft.template.ref, draft.values, request.actor, idempotency_key=key, user=request.user)
    except InputError as refused:
        if not refused.fields:
            raise
        return _send_back(request, draft, refused)
    Draft.objects.filter(pk=draft.pk).delete()
    return redirect("web:runs-run", run.pk)


@require_POST
@signed_in
def discard(request: PageRequest, draft_id: uuid.UUID) -> HttpResponse:
    """Forget a draft."""
    _draft(request, draft_id).delete()
    messages.success(request, "The draft is gone.")
    return redirect("web:create")


def _draft(request: PageRequest, draft_id: uuid.UUID) -> Draft:
    """Return a draft of the person who asks, moved to the current version of its template."""
    draft = Draft.objects.select_related("template").filter(user=request.user, pk=draft_id).first()
    if draft is None:
        raise NotFoundError("There is no such draft. Perhaps its service was created already: look under Runs.")
    if not draft.template.is_current:
        draft.template = find_template(draft.template.ref)
        known = {key for schema in draft.template.pages for key in parameters.possible_properties(schema)}
        draft.values = {key: value for key, value in draft.values.items() if key in known}
        draft.save(update_fields=["template", "values", "updated_at"])
    return draft


def _forget_oldest(request: PageRequest) -> None:
    old = request.user.drafts.values_list("pk", flat=True)[MAX_DRAFTS:]
    if old:
        Draft.objects.filter(pk__in=list(old)).delete()


def _after(request: HttpRequest, draft: Draft, form: PageForm) -> HttpResponse:
    """Go on to the next page, with what comes along with the answers of this one; the review says that by itself."""
    if form.number < len(draft.template.pages):
        for note in form.notes:
            messages.success(request, note)
        return redirect("web:create-page", draft.pk, form.number + 1)
    return redirect("web:create-review", draft.pk)


def _shown(request: HttpRequest, form: PageForm, draft: Draft | None) -> HttpResponse:
    context = {"form": form, "draft": draft, "template": form.template, "pages": form.template.pages}
    status = 422 if form.errors and request.method == "POST" else 200
    return render(request, "create/page.html", context, status=status)


def _send_back(request: HttpRequest, draft: Draft, refused: InputError) -> HttpResponse:
    """Go to the page with the first refused answer, with what the catalog says about it; the page says the rest."""
    for error in refused.fields:
        if error.keyword == "goldpath":
            messages.error(request, error.message)
    number = page_of(draft.template, refused.fields)
    response = redirect("web:create-page", draft.pk, number)
    response["Location"] += "?check=1"
    return response


def _files(request: HttpRequest, draft: Draft, rendered: Preview) -> dict[str, object]:
    paths = [file.path for file in rendered.files]
    wanted = request.GET.get("path") or next((path for path in paths if path == "README.md"), paths[0])
    content = rendered.read(wanted)
    shown = None if is_binary(content) else lines(wanted, content)
    return {"draft": draft, "tree": tree(paths), "path": wanted, "lines": shown, "size": len(content)}


def _plan(draft: Draft, planned: DryRun) -> dict[str, object]:
    total = sum(file.size for file in planned.preview.files)
    answers = parameters.review(draft.template.pages, planned.values)
    boxes = parameters.capability_questions(draft.template.pages)
    return {
        "template": draft.template,
        "pages": draft.template.pages,
        "steps": planned.steps,
        "name": planned.values["name"],
        "answers": [answer for answer in answers if answer.key not in boxes],
        "made_of": _made_of(draft, boxes),
        "views": picture_of_answers(draft.template, planned.values),
        "file_count": len(planned.preview.files),
        "total_size": total,
    }


def _made_of(draft: Draft, boxes: Sequence[str]) -> list[tuple[str, str]]:
    """Return the capabilities that were chosen in the checklist, and why others came along."""
    catalogue = catalogue_of(draft.template)
    choice = choose(catalogue, wanted(draft.values))
    return [(catalogue.by_name[name].title, choice.along.get(name, "")) for name in choice.chosen if name in boxes]


def _uuid(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        return uuid.UUID(int=0)
