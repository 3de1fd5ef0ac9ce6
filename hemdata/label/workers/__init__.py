"""workers: where calculations run: this machine's cores, a Dask cluster, or jobs of a SLURM cluster."""
