"""forms: built sets in the forms that other programs read; a new form is one module here."""
