"""How Beleef looks and speaks: the page frame, components, forms, charts, words and static files of every page.

It knows nothing of customers or stores: a slice fills the structs of `components`, `forms` and `charts`, puts them in one struct
with its `Page`, and has `page.Renderer` draw it. To add a page, copy `sign_in.html` and `page.SignIn`.
"""
