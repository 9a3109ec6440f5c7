"""`mlpy models serve`: OpenAI's interface over the models of the store, for one process on this machine.

A request goes `guard` → `app` (routes) → `shapes` (what it may say) → `pool` (its model, loaded) → `batching` (its tokens, with those of others) → `replies`.
Everything but the work of mlx runs on the event loop, so nothing here needs a lock.
"""
