"""Gene-network inference methods: plug-ins of bengrn, built like a stranger's."""
