"""Ground truths and single-cell data: plug-ins of bengrn, built like a stranger's."""
