"""Pure rules of contacts: identity, merging, snapshots, import matching. No I/O, no clock."""
