"""What the owner sees: fired timers become inbox items with a draft, and what the owner does with them becomes facts."""
