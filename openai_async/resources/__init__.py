"""The namespaces, one file each; `AsyncClient` imports each when it is first looked at."""
