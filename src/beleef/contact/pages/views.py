"""The two shapes that most pages of contact have: tables and forms below the tabs, and one form by itself."""

import msgspec

from beleef.ui.components import Callout, CodeBlock, Stat, Table, TabLink
from beleef.ui.forms import FilterBar, Form
from beleef.ui.page import Page


class TabbedPage(msgspec.Struct, frozen=True, kw_only=True):
    """``contact/tabbed.html``: below the tabs a note, a secret that is shown once, figures, filters, tables, and forms under their titles."""

    page: Page
    tab_links: tuple[TabLink, ...]
    note: Callout | None = None
    secret: CodeBlock | None = None
    figures: tuple[Stat, ...] = ()
    filters: FilterBar | None = None
    tables: tuple[Table, ...] = ()
    forms: tuple[Form, ...] = ()
    form_titles: tuple[str, ...] = ()


class FormPage(msgspec.Struct, frozen=True, kw_only=True):
    """``contact/form.html``: a form, and what to know before."""

    page: Page
    form: Form
    note: Callout | None = None
