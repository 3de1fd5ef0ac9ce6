"""columns: what further calculations at the geometries of labels add to labelled rows."""
