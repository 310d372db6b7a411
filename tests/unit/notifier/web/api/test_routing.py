"""What a path of the API answers to a method that it does not have."""

from services.notifier.web.api.routing import _methods_at

PATHS = {"/people": {"get": {}}, "/people/bulk": {"post": {}}, "/people/{contact}": {"get": {}, "patch": {}}}


def test_the_methods_are_those_of_every_route_at_the_path() -> None:
    """A path of its own counts before one with a parameter in its place; one that is nobody's has none."""
    assert set(_methods_at("/people/bulk", paths=PATHS)) == {"post"}
    assert set(_methods_at("/people/anna", paths=PATHS)) == {"get", "patch"}
    assert set(_methods_at("/people/anna/x", paths=PATHS)) == set()
