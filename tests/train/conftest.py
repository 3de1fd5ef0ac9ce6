"""The fixture `network` for the tests beside this file."""

from small_networks import network  # noqa: F401
