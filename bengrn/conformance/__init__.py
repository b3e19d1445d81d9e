"""The checks of the conformance kit, by subject; `bengrn.testing` runs them."""
