"""door: what `import hemdata as hd` offers. Promised names stand in the package's own __init__; the rest may change."""
