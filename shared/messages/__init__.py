"""Every message of Hobnob as a frozen Pydantic model, one module per family."""
