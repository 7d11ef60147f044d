"""Where this project is published; written by scripts/colab_links.py."""

# As in pyproject.toml, [tool.ganbook] repository; "" means nowhere yet.
REPOSITORY = ""
