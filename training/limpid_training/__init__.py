"""Training recipe of Limpid's shipped models: degradations, networks, and the three stages."""
