"""scPRINT as a method: networks from the attention of a transformer trained on many cells."""
