"""The staff's shell: the navigation over all pages, and the Overview. To add a page, add its line to ``api.py`` and copy ``pages.py``."""
