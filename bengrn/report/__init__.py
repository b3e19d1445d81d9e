"""Records to tables and pages; imports neither the runner nor a plug-in."""
