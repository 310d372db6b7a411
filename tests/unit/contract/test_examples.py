"""The examples say everything the schemas do, and stay as they are."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from shared.contract.catalogue import ENTRIES
from shared.contract.entries import FACTS, Entry
from shared.contract.examples import (
    Example,
    ExampleChanged,
    NoExampleName,
    digest_lines,
    load_examples,
    read_digests,
    with_new_digests,
)
from shared.contract.schemas import Schema


def fields_in(schema: Mapping[str, Any], root: Mapping[str, Any]) -> Iterator[str]:
    """Yield the path of every field that a schema has, nested ones included."""
    if "$ref" in schema:
        yield from fields_in(root["$defs"][schema["$ref"].rpartition("/")[2]], root)
    for each in schema.get("anyOf", ()):
        yield from fields_in(each, root)
    if isinstance(schema.get("items"), dict):
        yield from fields_in(schema["items"], root)
    for name, each in schema.get("properties", {}).items():
        yield name
        yield from (f"{name}.{below}" for below in fields_in(each, root))


def fields_set(value: Any) -> Iterator[str]:
    """Yield the path of every field that a document sets; lists count for their elements, null for nothing."""
    if isinstance(value, list):
        for each in value:
            yield from fields_set(each)
    if isinstance(value, dict):
        for name, each in value.items():
            if each is not None:
                yield name
                yield from (f"{name}.{below}" for below in fields_set(each))


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_every_message_has_an_example(entry: Entry, examples: tuple[Example, ...]) -> None:
    """Whoever writes a message can copy one; the full one has no variant in its name."""
    assert "" in [example.variant for example in examples if example.message == entry.name]


@pytest.mark.parametrize("entry", FACTS, ids=lambda entry: entry.name)
def test_the_examples_of_a_fact_set_every_field(entry: Entry, schemas: dict[str, Schema], examples: tuple[Example, ...]) -> None:
    """No field of a fact, however deep, is without an example; a new field needs one more example."""
    schema = schemas[entry.name]
    shown = {path for example in examples if example.message == entry.name for path in fields_set(example.document)}
    assert set(fields_in(schema, schema)) - shown == set()


@pytest.mark.parametrize("entry", FACTS, ids=lambda entry: entry.name)
def test_every_fact_has_a_minimal_example(entry: Entry, schemas: dict[str, Schema], examples: tuple[Example, ...]) -> None:
    """It has nothing around its data that is not required, and fewer fields than the full one."""
    minimal = next(each for each in examples if each.message == entry.name and each.variant == "minimal").document
    full = next(each for each in examples if each.message == entry.name and not each.variant).document
    assert set(minimal) == set(schemas[entry.name]["required"])
    assert set(fields_set(minimal)) < set(fields_set(full))


def test_every_example_fits_its_schema(schemas: dict[str, Schema], examples: tuple[Example, ...]) -> None:
    """The schemas are valid, and say the same as the models do of every example."""
    for name, schema in schemas.items():
        Draft202012Validator.check_schema(schema)
        validator = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
        for example in examples:
            if example.message == name:
                assert [f"{example.file}: {error.message}" for error in validator.iter_errors(example.document)] == []


def test_people_in_examples_are_fictional(examples: tuple[Example, ...]) -> None:
    """Every address is below a domain that is reserved for examples."""
    for example in examples:
        for host in example.payload.decode().replace("/", "@").split("@")[1:]:
            if ".com" in host or ".org" in host:
                assert host.split('"')[0].endswith(("example.com", "example.org", "www.linkedin.com")), example.file


def test_published_examples_are_never_changed_or_removed() -> None:
    """New ones are added; one that is not as it was published is an error that names it."""

    def example(file: str, payload: bytes) -> Example:
        return Example(file=file, message="a.v1", variant="", payload=payload)

    first, second = example("a.v1.json", b"{}"), example("a.v1.more.json", b"[]")
    published = with_new_digests((first,), {})
    assert with_new_digests((first, second), published).keys() == {"a.v1.json", "a.v1.more.json"}
    with pytest.raises(ExampleChanged, match=r"docs/contract/examples/a\.v1\.json was changed after it was published"):
        with_new_digests((example("a.v1.json", b"{ }"),), published)
    with pytest.raises(ExampleChanged, match=r"a\.v1\.json was removed"):
        with_new_digests((second,), published)


def test_digests_are_read_as_they_are_written(tmp_path: Path) -> None:
    """The file of digests keeps what it is given, in the form that `sha256sum --check` reads."""
    digests = {"a.v1.json": "0" * 64, "b.v1.minimal.json": "1" * 64}
    (tmp_path / "examples.sha256").write_text(digest_lines(digests))
    assert read_digests(tmp_path) == digests
    assert (tmp_path / "examples.sha256").read_text().startswith(f"{'0' * 64}  examples/a.v1.json\n")


def test_a_file_with_another_name_is_no_example(tmp_path: Path) -> None:
    """A typing error in a name is an error, not an example that nothing checks."""
    (tmp_path / "examples").mkdir()
    (tmp_path / "examples" / "hobnob.job.changed.json").write_text("{}")
    with pytest.raises(NoExampleName, match=r"hobnob\.job\.changed\.json"):
        load_examples(tmp_path)
