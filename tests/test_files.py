"""A file is written whole or not at all."""

from pathlib import Path

import pytest

from hemdata.files import whole, write_whole


def test_a_file_is_put_in_place_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "new" / "a.txt"
    with whole(path) as temporary:
        temporary.write_text("one")
        assert not path.exists()
        assert temporary.parent == path.parent
        assert temporary.suffix == ".txt"
    assert path.read_text() == "one"
    write_whole(path, "zwölf")
    assert path.read_bytes() == "zwölf".encode()
    assert [each.name for each in path.parent.iterdir()] == ["a.txt"]


@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
def test_what_stood_there_stays_where_writing_fails(error: type[BaseException], tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_whole(path, "one")

    def broken() -> None:
        with whole(path) as temporary:
            temporary.write_text("tw")
            raise error

    with pytest.raises(error):
        broken()
    assert path.read_text() == "one"
    assert [each.name for each in tmp_path.iterdir()] == ["a.txt"]
