"""How tests hold a page to its struct: drawn, with its template using nothing but the struct's fields."""

from jinja2 import Environment, meta, nodes

from beleef.ui.page import Renderer, View


def assert_renders(renderer: Renderer, template: str, view: View) -> str:
    """Draw a page, and fail where its template (or one it extends) asks for what the struct does not have.

    Branches that are not taken for this struct count as well.

    Returns:
        The page as HTML.
    """
    environment = renderer.environments[view.page.language]
    known = {*view.__struct_fields__, *environment.globals}
    for name in _ancestry(environment, template):
        tree = environment.parse(_source(environment, name))
        unknown = meta.find_undeclared_variables(tree) - known - _imported(tree)
        assert not unknown, f"{name} uses {sorted(unknown)}, which {type(view).__name__} does not have."
    return renderer.render(template, view)


def _ancestry(environment: Environment, template: str) -> list[str]:
    """Return a template and those it extends."""
    names = [template]
    for parent in environment.parse(_source(environment, template)).find_all(nodes.Extends):
        assert isinstance(parent.template, nodes.Const)
        names += _ancestry(environment, str(parent.template.value))
    return names


def _imported(tree: nodes.Template) -> set[str]:
    """Return the macros that a template imports or defines; Jinja does not see them from inside a block."""
    imported = {
        name for part in tree.find_all(nodes.FromImport) for name in part.names if isinstance(name, str)
    }
    return imported | {part.name for part in tree.find_all(nodes.Macro)}


def _source(environment: Environment, name: str) -> str:
    assert environment.loader is not None
    return environment.loader.get_source(environment, name)[0]
