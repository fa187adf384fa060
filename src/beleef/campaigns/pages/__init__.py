"""The campaign pages of staff: the list, a campaign with its figures, the editor, trying out, planning. To add a page, copy ``planning.py``."""
