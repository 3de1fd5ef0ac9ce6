"""Built sets in the forms that other programs read; a new form is one module here."""

from hemdata.export.built import BuiltSet
from hemdata.export.forms import Form, export, forms

__all__ = ["BuiltSet", "Form", "export", "forms"]
