"""wrong_rows: rows that are known, suspected or made to be wrong; flagged, left out or held back."""
