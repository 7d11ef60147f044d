"""What a JSON file must hold: what it holds instead is told in one line."""

import pytest

from ganbook import schema

ROW = '{"step": 1, "discriminator_loss": 0, "generator_loss": 0'
LOGS = {
    "a name of two lines": f'{{"seconds": 1, "rows": [{ROW}, "a\\nb": "x"}}]}}',
    "a long name": f'{{"seconds": 1, "rows": [{ROW}, "{"x" * 9_000}": "x"}}]}}',
    "half a letter": f'{{"seconds": 1, "rows": [{ROW}, "\\ud800": null}}]}}',
    "text of two lines": '{"seconds": "a\\nb", "rows": []}',
    "5,000 digits": f'{{"seconds": {"9" * 5_000}, "rows": []}}',
    "400 digits": f'{{"seconds": {"9" * 400}, "rows": []}}',
    "infinity": '{"seconds": Infinity, "rows": []}',
    "deep": "[" * 100_000,
    "another encoding": "ä\n".encode("latin-1"),
    "nothing": "",
}


@pytest.mark.parametrize("kind", LOGS)
def test_what_is_wrong_is_one_line(kind, tmp_path):
    path, content = tmp_path / "log.json", LOGS[kind]
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ValueError) as caught:
        schema.read_json(path, schema.LOG)
    assert str(caught.value).isprintable() and len(str(caught.value)) < 400
