"""`/settings`: everything that an owner may set, one module a section."""
