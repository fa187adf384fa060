"""The running Beleef, the browser and the tabs of the console's tests, for the pages of content."""

from tests.console.conftest import browser, console, tab

__all__ = ["browser", "console", "tab"]
