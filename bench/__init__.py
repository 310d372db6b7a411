"""Speed and memory, each number beside the raw limit of the same work in the same run; `make bench` runs it."""
