"""What `make lab` shows first, and the way from there to a lesson and to the README."""

import browser as hands
import checks
import pytest


def test_make_lab_opens_among_the_lessons(lab, page):
    hands.visit(page, lab.url(lab.start))
    lesson = page.locator(".jp-DirListing-itemText", has_text="00_watch.ipynb")
    lesson.dblclick()
    hands.wait_for_document(page, "notebooks/00_watch.ipynb")
    hands.close_all_but(page)


def test_links_lead_from_the_list_of_lessons_to_the_readme_and_back(lab, page):
    hands.visit(page, lab.url(lab.start))
    hands.show_text(page, "notebooks/README.md")
    links = hands.text_links(page)
    text = hands.follow(page, links["README.md"], "README.md")
    assert "Numbered notebooks that teach" in text
    hands.show_text(page, "README.md")  # older JupyterLab opens the link in an editor
    links = hands.text_links(page)
    lesson = "notebooks/00_watch.ipynb"
    assert "A GAN you can watch" in hands.follow(page, links[lesson], lesson)
    hands.close_all_but(page)


@pytest.mark.parametrize("name", ["README.md", "notebooks/README.md", "CONTRIBUTING.md"])
def test_links_of_the_texts_lead_to_files(lab, name):
    text = (lab.root / name).read_text(encoding="utf-8")
    assert checks.dead_links(name, text, lab.root) == []


def test_token_is_asked_for(lab, page):
    page.goto(f"{lab.address}{lab.start}")
    assert "/login" in page.url
