"""`hemdata levels`: levels of theory shown, their atoms, one against another, against published rows and nature."""
