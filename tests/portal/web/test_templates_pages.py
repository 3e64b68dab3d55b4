from __future__ import annotations

from django.test import Client

from scaffolder.models import TemplateVersion

ADDRESS = "/templates/default/go-blank-service"


def test_a_template_shows_layers_questions_and_steps(alice_web: Client, template: TemplateVersion) -> None:
    assert ADDRESS in alice_web.get("/templates").content.decode()
    page = alice_web.get(ADDRESS).content.decode()
    for words in ("PostgreSQL", "when postgres is chosen", "modulePath", "goldpath:verify", template.version):
        assert words in page


def test_what_the_lint_finds_is_shown(alice_web: Client, template: TemplateVersion) -> None:
    manifest = template.manifest
    manifest["spec"]["parameters"][0]["properties"]["name"]["ui:sparkle"] = True
    TemplateVersion.objects.filter(pk=template.pk).update(manifest=manifest)
    assert "ui:sparkle is not known" in alice_web.get(ADDRESS).content.decode()


def test_a_template_that_left_the_library_can_still_be_read(alice_web: Client, template: TemplateVersion) -> None:
    TemplateVersion.objects.filter(pk=template.pk).update(ref="template:default/gone")
    assert "does not hold this template" in alice_web.get("/templates/default/gone").content.decode()
    assert alice_web.get(ADDRESS).status_code == 404
