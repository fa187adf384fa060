"""Identity: which identifiers are one person, and which persons belong to one account.

The outcome is a function of the set of evidence, whatever its order; so each merge can be explained and undone. To add
a kind of identifier, add a row to `model.BUILT_IN` or save a namespace through `api.save_namespace`.
"""
