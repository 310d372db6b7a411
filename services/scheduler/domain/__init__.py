"""Pure values and rules: a snapshot, the settings of its owner, an instant and a memory in; a plan out."""
