"""The REST API: what the pages do, for programs. Its shapes are those of the requests over NATS."""
