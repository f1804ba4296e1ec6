import pytest

from workstation.casework.canonical import canonical, parsed


def test_a_value_comes_back_from_its_text() -> None:
    value = {"b": [1, 0.5, None, True], "a": "ü"}

    assert canonical(value) == '{"a":"ü","b":[1,0.5,null,true]}'
    assert parsed(canonical(value)) == value


@pytest.mark.parametrize("text", ["NaN", "-Infinity", '{"a": 1E999}', "[-1e999]", "[" * 100_000, "{"])
def test_what_a_case_never_writes_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parsed(text)
