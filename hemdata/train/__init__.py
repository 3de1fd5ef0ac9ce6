"""train: fits networks and baselines to molecules; nothing of torch is imported until a network is asked for."""
